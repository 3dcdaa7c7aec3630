package databases

import (
	"context"
	"slices"
	"strings"
)

// pgDefaultCodes are the kinds of objects that have default privileges, as acldefault knows them.
var pgDefaultCodes = map[string]string{"TABLES": "r", "SEQUENCES": "s", "FUNCTIONS": "f", "TYPES": "T", "SCHEMAS": "n"}

// defaultGrants reads what roles will hold of objects of kinds that the owners are going to make in a schema; without one,
// in all of them.
func defaultGrants(ctx context.Context, s *pgSession, owners []string, schema string, kinds, roles []string) ([]pgGrant, error) {
	place, namespace := "", "0"
	if schema != "" {
		place = " IN SCHEMA " + pgName(schema)
		oid, err := s.value(ctx, "SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1", schema)
		if err != nil {
			return nil, err
		}
		if namespace = oid; oid == "" {
			return nil, &pgFailure{code: "3F000", text: `schema "` + schema + `" does not exist`}
		}
	}
	codes := make([]string, len(kinds))
	for i, kind := range kinds {
		codes[i] = pgDefaultCodes[kind]
	}
	rows, err := s.rows(ctx, `SELECT t.rolname, k.code,
 (SELECT string_agg(privilege_type, ',') FROM aclexplode(acldefault(k.code::"char", t.oid)) WHERE grantee = t.oid),
 CASE e.grantee WHEN 0 THEN '`+pgPublic+`' ELSE coalesce(r.rolname, '') END, coalesce(e.privilege_type, ''), coalesce(e.is_grantable, false)
 FROM pg_catalog.pg_roles t CROSS JOIN unnest($2::text[]) k(code)
 LEFT JOIN pg_catalog.pg_default_acl d ON d.defaclrole = t.oid AND d.defaclnamespace = $3::oid
  AND d.defaclobjtype = (CASE k.code WHEN 's' THEN 'S' ELSE k.code END)::"char"
 LEFT JOIN LATERAL aclexplode(coalesce(d.defaclacl, CASE WHEN $3::oid = 0 THEN acldefault(k.code::"char", t.oid) END)) e ON true
 LEFT JOIN pg_catalog.pg_roles r ON r.oid = e.grantee
 WHERE t.rolname = ANY($1::text[])`, pgArray(owners), pgArray(codes), namespace)
	if err != nil {
		return nil, err
	}
	var out []pgGrant
	for _, owner := range owners {
		for _, kind := range kinds {
			for _, role := range roles {
				out = append(out, defaultGrant(rows, owner, place, kind, role))
			}
		}
	}
	return out, nil
}

func defaultGrant(rows [][]string, owner, place, kind, role string) pgGrant {
	g := newGrant(pgDefault+kind, "FOR ROLE "+pgName(owner)+place, role, nil)
	for _, row := range rows {
		if row[0] != owner || row[1] != pgDefaultCodes[kind] {
			continue
		}
		g.all = strings.Split(row[2], ",")
		if row[3] == role && row[4] != "" {
			g.Held[row[4]] = row[5] == "t"
		}
	}
	slices.Sort(g.all)
	return g
}
