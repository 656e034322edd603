#!/usr/bin/env bash
# Runs once, when the primary of compose.yml finds its volume empty: a role that owns Atlas9's database and nothing else, and what the replica needs.
set -euo pipefail

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set owner="$ATLAS9_DB_PASSWORD" --set replica="$REPLICATION_PASSWORD" <<'SQL'
create role atlas9 login password :'owner';
create database atlas9 owner atlas9;
create role replicator login replication password :'replica';
-- So that the primary keeps what a replica that was away has still to read, up to max_slot_wal_keep_size.
select pg_create_physical_replication_slot('replica');
SQL

echo 'host replication replicator all scram-sha-256' >>"$PGDATA/pg_hba.conf"
