package systemd

import (
	"context"
	"errors"
	"strings"

	"github.com/musterhq/muster/modules/services/dbus"
	"github.com/musterhq/muster/modules/sys"
)

// UnitRow is a loaded unit as `systemctl list-units --all` lists it.
type UnitRow struct {
	Name, Load, Active, Sub string
}

// Services lists the loaded services and the folders in which unit files live.
func (b *Bus) Services(ctx context.Context, r sys.Reader) ([]UnitRow, []string, error) {
	list := managerCall("ListUnitsByPatterns", []string{}, []string{"*.service"})
	replies, err := b.read(ctx, r, ScopeSystem, list, managerProperty("UnitPath"))
	if errors.Is(err, ErrNoBus) {
		return servicesByCommand(ctx, r)
	}
	if err != nil {
		return nil, nil, err
	}
	if replies[0].Err != nil {
		return servicesByCommand(ctx, r)
	}
	items, _ := first(replies[0]).([]any)
	rows := make([]UnitRow, 0, len(items))
	for _, it := range items {
		if f, ok := it.([]any); ok && len(f) > 4 {
			rows = append(rows, UnitRow{Name: str(f[0]), Load: str(f[2]), Active: str(f[3]), Sub: str(f[4])})
		}
	}
	return rows, unitPath(replies[1]), nil
}

func unitPath(r dbus.Reply) []string {
	if v, ok := first(r).(dbus.Variant); ok {
		if list, ok := v.Value.([]string); ok && len(list) > 0 {
			return list
		}
	}
	return SearchPath()
}

func servicesByCommand(ctx context.Context, r sys.Reader) ([]UnitRow, []string, error) {
	out, err := r.Query(ctx, sys.Command{Argv: []string{"systemctl", "list-units", "--no-pager", "--no-legend", "--full", "--type", "service", "--all"}})
	if err != nil {
		return nil, nil, err
	}
	return ParseListUnits(string(out.Stdout)), SearchPath(), nil
}

// ParseListUnits reads the output of `systemctl list-units`, with or without the mark before units in trouble.
func ParseListUnits(out string) []UnitRow {
	var rows []UnitRow
	for _, line := range strings.Split(out, "\n") {
		f := strings.Fields(line)
		if len(f) > 0 && !isUnitName(f[0]) {
			f = f[1:]
		}
		if len(f) >= 4 && isUnitName(f[0]) {
			rows = append(rows, UnitRow{Name: f[0], Load: f[1], Active: f[2], Sub: f[3]})
		}
	}
	return rows
}
