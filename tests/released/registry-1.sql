PRAGMA application_id = 2054189679;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001_initial');
CREATE TABLE format (
	kind TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	min_reader INTEGER NOT NULL, 
	min_writer INTEGER NOT NULL, 
	CONSTRAINT pk_format PRIMARY KEY (kind), 
	CONSTRAINT ck_format_kind CHECK (kind = 'registry')
);
INSERT INTO "format" VALUES('registry',1,1,1);
CREATE TABLE profile (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	url TEXT NOT NULL, 
	active_stack TEXT, 
	is_active INTEGER DEFAULT 0 NOT NULL, 
	is_protected INTEGER DEFAULT 0 NOT NULL, 
	created_at TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	CONSTRAINT pk_profile PRIMARY KEY (id), 
	CONSTRAINT uq_profile_name UNIQUE (name), 
	CONSTRAINT ck_profile_is_active CHECK (is_active IN (0, 1)), 
	CONSTRAINT ck_profile_is_protected CHECK (is_protected IN (0, 1))
);
INSERT INTO "profile" VALUES(1,'default','sqlite:///home/ana/.config/zprof/profiles/default.db','production',1,0,'2026-11-25T23:12:18Z','2026-11-25T23:12:23Z');
INSERT INTO "profile" VALUES(2,'staging','sqlite:///home/ana/.config/zprof/profiles/staging.db','default',0,0,'2026-11-25T23:12:25Z','2026-11-25T23:12:25Z');
CREATE UNIQUE INDEX uq_profile_lower_name ON profile (lower(name));
CREATE UNIQUE INDEX uq_profile_is_active ON profile (is_active) WHERE is_active = 1;
COMMIT;
