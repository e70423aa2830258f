#!/bin/bash
# Run once by the postgres image, on an empty volume: a database and a role for each service, which may do nothing else,
# and a role that may only look at statistics.
set -euo pipefail
for name in users tasks notifications; do
  psql -v ON_ERROR_STOP=1 -U postgres -v name="cumulo_$name" -v password="$(cat "/run/secrets/${name}_password")" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password' CONNECTION LIMIT 100;
CREATE DATABASE :"name" OWNER :"name" ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0;
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
psql -v ON_ERROR_STOP=1 -U postgres -v password="$(cat /run/secrets/monitor_password)" <<'SQL'
CREATE ROLE cumulo_monitor LOGIN PASSWORD :'password' CONNECTION LIMIT 5;
GRANT pg_monitor TO cumulo_monitor;
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
GRANT CONNECT ON DATABASE postgres TO cumulo_monitor;
SQL
