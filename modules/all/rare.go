//go:build !slim

package all

import (
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/certificates"
	"github.com/musterhq/muster/modules/databases"
	"github.com/musterhq/muster/modules/files"
)

// Slim says whether this program was built without the rare modules.
const Slim = false

// rare names the constructors of modules that few plays use and that are large: they come with the full runner, which a
// host gets when its first such task runs.
func rare() []modules.Module {
	return []modules.Module{
		certificates.CSR(),
		certificates.CSRInfo(),
		certificates.CSRPipe(),
		certificates.Certificate(),
		certificates.CertificateInfo(),
		certificates.CertificatePipe(),
		certificates.PrivateKey(),
		certificates.PrivateKeyInfo(),
		certificates.PublicKey(),
		certificates.PublicKeyInfo(),
		databases.MySQLDB(),
		databases.MySQLQuery(),
		databases.MySQLUser(),
		databases.MySQLVariables(),
		databases.PostgresDB(),
		databases.PostgresExt(),
		databases.PostgresMembership(),
		databases.PostgresPing(),
		databases.PostgresPrivs(),
		databases.PostgresQuery(),
		databases.PostgresSchema(),
		databases.PostgresSet(),
		databases.PostgresUser(),
		files.Synchronize(),
	}
}
