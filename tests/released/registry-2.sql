PRAGMA application_id = 2054189679;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002_typed_columns');
CREATE TABLE "format" (
	kind TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	min_reader INTEGER NOT NULL, 
	min_writer INTEGER NOT NULL, 
	CONSTRAINT pk_format PRIMARY KEY (kind), 
	CONSTRAINT ck_format_kind CHECK (kind = 'registry'), 
	CONSTRAINT ck_format_kind_is_text CHECK (typeof(kind) = 'text'), 
	CONSTRAINT ck_format_version_is_integer CHECK (typeof(version) = 'integer'), 
	CONSTRAINT ck_format_min_reader_is_integer CHECK (typeof(min_reader) = 'integer'), 
	CONSTRAINT ck_format_min_writer_is_integer CHECK (typeof(min_writer) = 'integer')
);
INSERT INTO "format" VALUES('registry',2,1,1);
CREATE TABLE "profile" (
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
	CONSTRAINT ck_profile_is_protected CHECK (is_protected IN (0, 1)), 
	CONSTRAINT ck_profile_id_is_integer CHECK (typeof(id) = 'integer'), 
	CONSTRAINT ck_profile_name_is_text CHECK (typeof(name) = 'text'), 
	CONSTRAINT ck_profile_url_is_text CHECK (typeof(url) = 'text'), 
	CONSTRAINT ck_profile_active_stack_is_text CHECK (typeof(active_stack) IN ('text', 'null')), 
	CONSTRAINT ck_profile_is_active_is_integer CHECK (typeof(is_active) = 'integer'), 
	CONSTRAINT ck_profile_is_protected_is_integer CHECK (typeof(is_protected) = 'integer'), 
	CONSTRAINT ck_profile_created_at_is_text CHECK (typeof(created_at) = 'text'), 
	CONSTRAINT ck_profile_updated_at_is_text CHECK (typeof(updated_at) = 'text')
);
INSERT INTO "profile" VALUES(1,'default','sqlite:///home/ana/.config/zprof/profiles/default.db','default',1,0,'2026-11-28T00:50:08Z','2026-11-28T00:50:11Z');
INSERT INTO "profile" VALUES(2,'staging','sqlite:///home/ana/.config/zprof/profiles/staging.db','default',0,1,'2026-11-28T00:50:10Z','2026-11-28T00:50:11Z');
CREATE UNIQUE INDEX uq_profile_lower_name ON profile (lower(name));
CREATE UNIQUE INDEX uq_profile_is_active ON profile (is_active) WHERE is_active = 1;
COMMIT;
