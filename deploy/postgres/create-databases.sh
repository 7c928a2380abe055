#!/bin/sh
# Run once by the postgres image on an empty data folder: the services' role and a database for each of them.
# The role owns the databases and is no superuser. POSTGRES_PASSWORD_FILE is the administrator's; ours is STREAMLY_PASSWORD_FILE.
set -eu
password=$(cat "${STREAMLY_PASSWORD_FILE:-/run/secrets/postgres-password}")
psql -v ON_ERROR_STOP=1 -v "password=$password" --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
CREATE ROLE streamly LOGIN PASSWORD :'password';
CREATE DATABASE streamly_users OWNER streamly;
CREATE DATABASE streamly_streams OWNER streamly;
CREATE DATABASE streamly_chat OWNER streamly;
SQL
