// Package modulestest holds the laws that every module must pass, run on throw-away machines:
//
//   - check mode writes nothing and predicts changed exactly;
//   - a second apply changes nothing and writes nothing;
//   - undo restores the machine byte for byte, modes and owners too;
//   - undo refuses when somebody changed the thing since;
//   - bad parameters are refused before anything is touched.
package modulestest
