// Package services holds the modules that manage services: systemd, service, sysvinit and service_facts.
package services
