PRAGMA application_id = 2054189679;
PRAGMA user_version = 5;
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0005_places');
CREATE TABLE "change" (
	id INTEGER NOT NULL, 
	operation TEXT NOT NULL, 
	at TEXT NOT NULL, 
	who TEXT NOT NULL, 
	command TEXT NOT NULL, 
	entity_kind TEXT NOT NULL, 
	entity_name TEXT NOT NULL, 
	"before" JSON, 
	"after" JSON, 
	CONSTRAINT pk_change PRIMARY KEY (id), 
	CONSTRAINT ck_change_entity_kind CHECK (entity_kind IN ('association', 'component', 'flavor', 'stack')), 
	CONSTRAINT ck_change_before_is_object CHECK (before IS NULL OR before GLOB '{*}'), 
	CONSTRAINT ck_change_after_is_object CHECK (after IS NULL OR after GLOB '{*}'), 
	CONSTRAINT ck_change_id_is_integer CHECK (typeof(id) = 'integer'), 
	CONSTRAINT ck_change_operation_is_text CHECK (typeof(operation) = 'text'), 
	CONSTRAINT ck_change_at_is_text CHECK (typeof(at) = 'text'), 
	CONSTRAINT ck_change_who_is_text CHECK (typeof(who) = 'text'), 
	CONSTRAINT ck_change_command_is_text CHECK (typeof(command) = 'text'), 
	CONSTRAINT ck_change_entity_kind_is_text CHECK (typeof(entity_kind) = 'text'), 
	CONSTRAINT ck_change_entity_name_is_text CHECK (typeof(entity_name) = 'text'), 
	CONSTRAINT ck_change_before_is_text CHECK (typeof(before) IN ('text', 'null')), 
	CONSTRAINT ck_change_after_is_text CHECK (typeof(after) IN ('text', 'null'))
);
INSERT INTO "change" VALUES(1,'584d9e849ab18ed16af140e781151e53','2026-11-28T00:50:08Z','ana@laptop','zprof -q orchestrator register docker -f local_docker','component','orchestrator/default',NULL,'{"config": {}, "created_at": "2026-11-28T00:50:08Z", "flavor": "local", "name": "default", "place": "6122061421d0f3ab51bd83ada345293d", "revision": 1, "type": "orchestrator"}');
INSERT INTO "change" VALUES(2,'584d9e849ab18ed16af140e781151e53','2026-11-28T00:50:08Z','ana@laptop','zprof -q orchestrator register docker -f local_docker','component','metadata_store/default',NULL,'{"config": {}, "created_at": "2026-11-28T00:50:08Z", "flavor": "sqlite", "name": "default", "place": "914fe61c359200f2a2c8a148dfb184b0", "revision": 1, "type": "metadata_store"}');
INSERT INTO "change" VALUES(3,'584d9e849ab18ed16af140e781151e53','2026-11-28T00:50:08Z','ana@laptop','zprof -q orchestrator register docker -f local_docker','component','artifact_store/default',NULL,'{"config": {}, "created_at": "2026-11-28T00:50:08Z", "flavor": "local", "name": "default", "place": "7d22d588406828db99855a2b1e5285e9", "revision": 1, "type": "artifact_store"}');
INSERT INTO "change" VALUES(4,'584d9e849ab18ed16af140e781151e53','2026-11-28T00:50:08Z','ana@laptop','zprof -q orchestrator register docker -f local_docker','association','default/default',NULL,'{"artifact_store": "default", "metadata_store": "default"}');
INSERT INTO "change" VALUES(5,'584d9e849ab18ed16af140e781151e53','2026-11-28T00:50:08Z','ana@laptop','zprof -q orchestrator register docker -f local_docker','stack','default',NULL,'{"components": {"artifact_store": "default", "metadata_store": "default", "orchestrator": "default"}, "created_at": "2026-11-28T00:50:08Z", "name": "default", "revision": 1}');
INSERT INTO "change" VALUES(6,'b2b9536027ca950010f4eb0a0277593a','2026-11-28T00:50:08Z','ana@laptop','zprof -q orchestrator register docker -f local_docker','component','orchestrator/docker',NULL,'{"config": {}, "created_at": "2026-11-28T00:50:08Z", "flavor": "local_docker", "name": "docker", "place": "bb3ef6eb3c046d18da52ceddae979a27", "revision": 1, "type": "orchestrator"}');
INSERT INTO "change" VALUES(7,'7cc9bd21c64f001fccccd5893813d853','2026-11-28T00:50:09Z','ana@laptop','zprof -q artifact-store register s3 -f s3 ''--path=s3://models/é'' ''--key=********''','component','artifact_store/s3',NULL,'{"config": {"key": "{{aws.key}}", "path": "s3://models/é"}, "created_at": "2026-11-28T00:50:09Z", "flavor": "s3", "name": "s3", "place": "2e11886b222fd823d6abc2bcc070aba8", "revision": 1, "type": "artifact_store"}');
INSERT INTO "change" VALUES(8,'38fae756d545f4ef9d7941c7527c63b8','2026-11-28T00:50:09Z','ana@laptop','zprof -q metadata-store register mysql -f mysql --host=db.internal --port=3306 --database=meta ''--username=********'' ''--password=********''','component','metadata_store/mysql',NULL,'{"config": {"database": "meta", "host": "db.internal", "password": "hunter2", "port": 3306, "username": "ml"}, "created_at": "2026-11-28T00:50:09Z", "flavor": "mysql", "name": "mysql", "place": "ece0ce2ad4d9bcc42ba51c9bb35f0244", "revision": 1, "type": "metadata_store"}');
INSERT INTO "change" VALUES(9,'0871e6f1f1940d2a6d856266330ecf40','2026-11-28T00:50:09Z','ana@laptop','zprof -q alerter flavor register pager --schema schema.json','flavor','alerter/pager',NULL,'{"created_at": "2026-11-28T00:50:09Z", "name": "pager", "schema": {"additionalProperties": false, "properties": {"team": {"default": "ml", "type": "string"}, "token": {"secret": true, "type": "string"}}, "type": "object"}, "source": null, "type": "alerter"}');
INSERT INTO "change" VALUES(10,'2b94f6c6ed3996e26021578c4dda95b6','2026-11-28T00:50:09Z','ana@laptop','zprof -q alerter register duty -f pager --team=night ''--token=********''','component','alerter/duty',NULL,'{"config": {"team": "night", "token": "${env:PAGER}"}, "created_at": "2026-11-28T00:50:09Z", "flavor": "pager", "name": "duty", "place": "23158c689683f79c202ba7067182da52", "revision": 1, "type": "alerter"}');
INSERT INTO "change" VALUES(11,'70bff6c5c9333e03eb4f9430d4defab6','2026-11-28T00:50:09Z','ana@laptop','zprof -q stack register prod -o docker -a s3 -m mysql -al duty','association','s3/mysql',NULL,'{"artifact_store": "s3", "metadata_store": "mysql"}');
INSERT INTO "change" VALUES(12,'70bff6c5c9333e03eb4f9430d4defab6','2026-11-28T00:50:09Z','ana@laptop','zprof -q stack register prod -o docker -a s3 -m mysql -al duty','stack','prod',NULL,'{"components": {"alerter": "duty", "artifact_store": "s3", "metadata_store": "mysql", "orchestrator": "docker"}, "created_at": "2026-11-28T00:50:09Z", "name": "prod", "revision": 1}');
INSERT INTO "change" VALUES(13,'25ff5cabd446e219e59d8605dc2b735d','2026-11-28T00:50:09Z','ana@laptop','zprof -q orchestrator update docker --docker_parent_image=python:3.12','component','orchestrator/docker','{"config": {}, "created_at": "2026-11-28T00:50:08Z", "flavor": "local_docker", "name": "docker", "place": "bb3ef6eb3c046d18da52ceddae979a27", "revision": 1, "type": "orchestrator"}','{"config": {"docker_parent_image": "python:3.12"}, "created_at": "2026-11-28T00:50:08Z", "flavor": "local_docker", "name": "docker", "place": "bb3ef6eb3c046d18da52ceddae979a27", "revision": 2, "type": "orchestrator"}');
INSERT INTO "change" VALUES(14,'83fdba7963563d01c52d3a882e98637f','2026-11-28T00:50:10Z','ana@laptop','zprof -q stack rename prod production','stack','prod','{"components": {"alerter": "duty", "artifact_store": "s3", "metadata_store": "mysql", "orchestrator": "docker"}, "created_at": "2026-11-28T00:50:09Z", "name": "prod", "revision": 1}','{"components": {"alerter": "duty", "artifact_store": "s3", "metadata_store": "mysql", "orchestrator": "docker"}, "created_at": "2026-11-28T00:50:09Z", "name": "production", "revision": 2}');
INSERT INTO "change" VALUES(15,'d1e5cdbec68fe763c34466c614f14e5a','2026-11-28T00:50:10Z','ana@laptop','zprof -q orchestrator register extra -f local','component','orchestrator/extra',NULL,'{"config": {}, "created_at": "2026-11-28T00:50:10Z", "flavor": "local", "name": "extra", "place": "dbab0c4732bd2a0c28aa77d44da79c2d", "revision": 1, "type": "orchestrator"}');
INSERT INTO "change" VALUES(16,'4f027779fb7c1e9583c36e735ac235dc','2026-11-28T00:50:10Z','ana@laptop','zprof -q orchestrator rename extra more','component','orchestrator/extra','{"config": {}, "created_at": "2026-11-28T00:50:10Z", "flavor": "local", "name": "extra", "place": "dbab0c4732bd2a0c28aa77d44da79c2d", "revision": 1, "type": "orchestrator"}','{"config": {}, "created_at": "2026-11-28T00:50:10Z", "flavor": "local", "name": "more", "place": "dbab0c4732bd2a0c28aa77d44da79c2d", "revision": 2, "type": "orchestrator"}');
INSERT INTO "change" VALUES(17,'9bb56ebd6314a61ca1dbd6ae1407ab8b','2026-11-28T00:50:10Z','ana@laptop','zprof -q orchestrator register spare -f local','component','orchestrator/spare',NULL,'{"config": {}, "created_at": "2026-11-28T00:50:10Z", "flavor": "local", "name": "spare", "place": "ed399578c7bd63fd56f7982af88a07f4", "revision": 1, "type": "orchestrator"}');
INSERT INTO "change" VALUES(18,'6c0d232bb84ccc881ed4c9d83b8ca1df','2026-11-28T00:50:10Z','ana@laptop','zprof -q orchestrator delete spare -y','component','orchestrator/spare','{"config": {}, "created_at": "2026-11-28T00:50:10Z", "flavor": "local", "name": "spare", "place": "ed399578c7bd63fd56f7982af88a07f4", "revision": 1, "type": "orchestrator"}',NULL);
CREATE TABLE "component" (
	id INTEGER NOT NULL, 
	type TEXT NOT NULL, 
	name TEXT NOT NULL, 
	flavor TEXT NOT NULL, 
	config JSON NOT NULL, 
	created_at TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	revision INTEGER DEFAULT 1 NOT NULL, 
	place TEXT NOT NULL, 
	CONSTRAINT pk_component PRIMARY KEY (id), 
	CONSTRAINT uq_component_type_name UNIQUE (type, name), 
	CONSTRAINT uq_component_id_type UNIQUE (id, type), 
	CONSTRAINT uq_component_place UNIQUE (place), 
	CONSTRAINT ck_component_type CHECK (type IN ('alerter', 'annotator', 'artifact_store', 'container_registry', 'data_validator', 'experiment_tracker', 'feature_store', 'metadata_store', 'model_deployer', 'orchestrator', 'secrets_manager', 'step_operator')), 
	CONSTRAINT ck_component_config_is_object CHECK (config IS NULL OR config GLOB '{*}'), 
	CONSTRAINT ck_component_place CHECK (place NOT GLOB '*[^0-9a-f]*' AND length(place) = 32), 
	CONSTRAINT ck_component_id_is_integer CHECK (typeof(id) = 'integer'), 
	CONSTRAINT ck_component_type_is_text CHECK (typeof(type) = 'text'), 
	CONSTRAINT ck_component_name_is_text CHECK (typeof(name) = 'text'), 
	CONSTRAINT ck_component_flavor_is_text CHECK (typeof(flavor) = 'text'), 
	CONSTRAINT ck_component_config_is_text CHECK (typeof(config) = 'text'), 
	CONSTRAINT ck_component_created_at_is_text CHECK (typeof(created_at) = 'text'), 
	CONSTRAINT ck_component_updated_at_is_text CHECK (typeof(updated_at) = 'text'), 
	CONSTRAINT ck_component_revision_is_integer CHECK (typeof(revision) = 'integer'), 
	CONSTRAINT ck_component_place_is_text CHECK (typeof(place) = 'text')
);
INSERT INTO "component" VALUES(1,'orchestrator','default','local','{}','2026-11-28T00:50:08Z','2026-11-28T00:50:08Z',1,'6122061421d0f3ab51bd83ada345293d');
INSERT INTO "component" VALUES(2,'metadata_store','default','sqlite','{}','2026-11-28T00:50:08Z','2026-11-28T00:50:08Z',1,'914fe61c359200f2a2c8a148dfb184b0');
INSERT INTO "component" VALUES(3,'artifact_store','default','local','{}','2026-11-28T00:50:08Z','2026-11-28T00:50:08Z',1,'7d22d588406828db99855a2b1e5285e9');
INSERT INTO "component" VALUES(4,'orchestrator','docker','local_docker','{"docker_parent_image": "python:3.12"}','2026-11-28T00:50:08Z','2026-11-28T00:50:09Z',2,'bb3ef6eb3c046d18da52ceddae979a27');
INSERT INTO "component" VALUES(5,'artifact_store','s3','s3','{"key": "{{aws.key}}", "path": "s3://models/é"}','2026-11-28T00:50:09Z','2026-11-28T00:50:09Z',1,'2e11886b222fd823d6abc2bcc070aba8');
INSERT INTO "component" VALUES(6,'metadata_store','mysql','mysql','{"database": "meta", "host": "db.internal", "password": "hunter2", "port": 3306, "username": "ml"}','2026-11-28T00:50:09Z','2026-11-28T00:50:09Z',1,'ece0ce2ad4d9bcc42ba51c9bb35f0244');
INSERT INTO "component" VALUES(7,'alerter','duty','pager','{"team": "night", "token": "${env:PAGER}"}','2026-11-28T00:50:09Z','2026-11-28T00:50:09Z',1,'23158c689683f79c202ba7067182da52');
INSERT INTO "component" VALUES(8,'orchestrator','more','local','{}','2026-11-28T00:50:10Z','2026-11-28T00:50:10Z',2,'dbab0c4732bd2a0c28aa77d44da79c2d');
CREATE TABLE "flavor" (
	id INTEGER NOT NULL, 
	component_type TEXT NOT NULL, 
	name TEXT NOT NULL, 
	source TEXT, 
	config_schema JSON NOT NULL, 
	created_at TEXT NOT NULL, 
	CONSTRAINT pk_flavor PRIMARY KEY (id), 
	CONSTRAINT uq_flavor_component_type_name UNIQUE (component_type, name), 
	CONSTRAINT ck_flavor_component_type CHECK (component_type IN ('alerter', 'annotator', 'artifact_store', 'container_registry', 'data_validator', 'experiment_tracker', 'feature_store', 'metadata_store', 'model_deployer', 'orchestrator', 'secrets_manager', 'step_operator')), 
	CONSTRAINT ck_flavor_config_schema_is_object CHECK (config_schema IS NULL OR config_schema GLOB '{*}'), 
	CONSTRAINT ck_flavor_id_is_integer CHECK (typeof(id) = 'integer'), 
	CONSTRAINT ck_flavor_component_type_is_text CHECK (typeof(component_type) = 'text'), 
	CONSTRAINT ck_flavor_name_is_text CHECK (typeof(name) = 'text'), 
	CONSTRAINT ck_flavor_source_is_text CHECK (typeof(source) IN ('text', 'null')), 
	CONSTRAINT ck_flavor_config_schema_is_text CHECK (typeof(config_schema) = 'text'), 
	CONSTRAINT ck_flavor_created_at_is_text CHECK (typeof(created_at) = 'text')
);
INSERT INTO "flavor" VALUES(1,'alerter','pager',NULL,'{"additionalProperties": false, "properties": {"team": {"default": "ml", "type": "string"}, "token": {"secret": true, "type": "string"}}, "type": "object"}','2026-11-28T00:50:09Z');
CREATE TABLE "format" (
	kind TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	min_reader INTEGER NOT NULL, 
	min_writer INTEGER NOT NULL, 
	CONSTRAINT pk_format PRIMARY KEY (kind), 
	CONSTRAINT ck_format_kind CHECK (kind = 'store'), 
	CONSTRAINT ck_format_kind_is_text CHECK (typeof(kind) = 'text'), 
	CONSTRAINT ck_format_version_is_integer CHECK (typeof(version) = 'integer'), 
	CONSTRAINT ck_format_min_reader_is_integer CHECK (typeof(min_reader) = 'integer'), 
	CONSTRAINT ck_format_min_writer_is_integer CHECK (typeof(min_writer) = 'integer')
);
INSERT INTO "format" VALUES('store',5,1,5);
CREATE TABLE "stack" (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	revision INTEGER DEFAULT 1 NOT NULL, 
	CONSTRAINT pk_stack PRIMARY KEY (id), 
	CONSTRAINT uq_stack_name UNIQUE (name), 
	CONSTRAINT ck_stack_id_is_integer CHECK (typeof(id) = 'integer'), 
	CONSTRAINT ck_stack_name_is_text CHECK (typeof(name) = 'text'), 
	CONSTRAINT ck_stack_created_at_is_text CHECK (typeof(created_at) = 'text'), 
	CONSTRAINT ck_stack_updated_at_is_text CHECK (typeof(updated_at) = 'text'), 
	CONSTRAINT ck_stack_revision_is_integer CHECK (typeof(revision) = 'integer')
);
INSERT INTO "stack" VALUES(1,'default','2026-11-28T00:50:08Z','2026-11-28T00:50:08Z',1);
INSERT INTO "stack" VALUES(2,'production','2026-11-28T00:50:09Z','2026-11-28T00:50:10Z',2);
CREATE TABLE "stack_component" (
	stack_id INTEGER NOT NULL, 
	component_type TEXT NOT NULL, 
	component_id INTEGER NOT NULL, 
	CONSTRAINT pk_stack_component PRIMARY KEY (stack_id, component_type), 
	CONSTRAINT fk_stack_component_stack_id_stack FOREIGN KEY(stack_id) REFERENCES stack (id) ON DELETE CASCADE, 
	CONSTRAINT fk_stack_component_component_id_component FOREIGN KEY(component_id, component_type) REFERENCES component (id, type), 
	CONSTRAINT ck_stack_component_stack_id_is_integer CHECK (typeof(stack_id) = 'integer'), 
	CONSTRAINT ck_stack_component_component_type_is_text CHECK (typeof(component_type) = 'text'), 
	CONSTRAINT ck_stack_component_component_id_is_integer CHECK (typeof(component_id) = 'integer')
);
INSERT INTO "stack_component" VALUES(1,'orchestrator',1);
INSERT INTO "stack_component" VALUES(1,'metadata_store',2);
INSERT INTO "stack_component" VALUES(1,'artifact_store',3);
INSERT INTO "stack_component" VALUES(2,'orchestrator',4);
INSERT INTO "stack_component" VALUES(2,'artifact_store',5);
INSERT INTO "stack_component" VALUES(2,'metadata_store',6);
INSERT INTO "stack_component" VALUES(2,'alerter',7);
CREATE TABLE "store_association" (
	artifact_store_id INTEGER NOT NULL, 
	metadata_store_id INTEGER NOT NULL, 
	CONSTRAINT pk_store_association PRIMARY KEY (artifact_store_id), 
	CONSTRAINT uq_store_association_metadata_store_id UNIQUE (metadata_store_id), 
	CONSTRAINT fk_store_association_artifact_store_id_component FOREIGN KEY(artifact_store_id) REFERENCES component (id) ON DELETE CASCADE, 
	CONSTRAINT fk_store_association_metadata_store_id_component FOREIGN KEY(metadata_store_id) REFERENCES component (id) ON DELETE CASCADE, 
	CONSTRAINT ck_store_association_artifact_store_id_is_integer CHECK (typeof(artifact_store_id) = 'integer'), 
	CONSTRAINT ck_store_association_metadata_store_id_is_integer CHECK (typeof(metadata_store_id) = 'integer')
);
INSERT INTO "store_association" VALUES(3,2);
INSERT INTO "store_association" VALUES(5,6);
CREATE INDEX ix_stack_component_component_id ON stack_component (component_id);
CREATE INDEX ix_change_operation ON change (operation);
CREATE INDEX ix_change_entity_kind ON change (entity_kind, entity_name);
CREATE VIEW stack_overview AS
SELECT
  stack.name AS stack_name,
  (
    SELECT component.name FROM stack_component JOIN component ON component.id = stack_component.component_id
    WHERE stack_component.stack_id = stack.id AND stack_component.component_type = 'alerter'
  ) AS alerter, (
    SELECT component.name FROM stack_component JOIN component ON component.id = stack_component.component_id
    WHERE stack_component.stack_id = stack.id AND stack_component.component_type = 'annotator'
  ) AS annotator, (
    SELECT component.name FROM stack_component JOIN component ON component.id = stack_component.component_id
    WHERE stack_component.stack_id = stack.id AND stack_component.component_type = 'artifact_store'
  ) AS artifact_store, (
    SELECT component.name FROM stack_component JOIN component ON component.id = stack_component.component_id
    WHERE stack_component.stack_id = stack.id AND stack_component.component_type = 'container_registry'
  ) AS container_registry, (
    SELECT component.name FROM stack_component JOIN component ON component.id = stack_component.component_id
    WHERE stack_component.stack_id = stack.id AND stack_component.component_type = 'data_validator'
  ) AS data_validator, (
    SELECT component.name FROM stack_component JOIN component ON component.id = stack_component.component_id
    WHERE stack_component.stack_id = stack.id AND stack_component.component_type = 'experiment_tracker'
  ) AS experiment_tracker, (
    SELECT component.name FROM stack_component JOIN component ON component.id = stack_component.component_id
    WHERE stack_component.stack_id = stack.id AND stack_component.component_type = 'feature_store'
  ) AS feature_store, (
    SELECT component.name FROM stack_component JOIN component ON component.id = stack_component.component_id
    WHERE stack_component.stack_id = stack.id AND stack_component.component_type = 'metadata_store'
  ) AS metadata_store, (
    SELECT component.name FROM stack_component JOIN component ON component.id = stack_component.component_id
    WHERE stack_component.stack_id = stack.id AND stack_component.component_type = 'model_deployer'
  ) AS model_deployer, (
    SELECT component.name FROM stack_component JOIN component ON component.id = stack_component.component_id
    WHERE stack_component.stack_id = stack.id AND stack_component.component_type = 'orchestrator'
  ) AS orchestrator, (
    SELECT component.name FROM stack_component JOIN component ON component.id = stack_component.component_id
    WHERE stack_component.stack_id = stack.id AND stack_component.component_type = 'secrets_manager'
  ) AS secrets_manager, (
    SELECT component.name FROM stack_component JOIN component ON component.id = stack_component.component_id
    WHERE stack_component.stack_id = stack.id AND stack_component.component_type = 'step_operator'
  ) AS step_operator
FROM stack;
CREATE VIEW component_overview AS
SELECT
  component.type AS component_type,
  component.name AS component_name,
  component.flavor,
  (
    SELECT group_concat(name, ', ') FROM (
      SELECT stack.name FROM stack_component JOIN stack ON stack.id = stack_component.stack_id
      WHERE stack_component.component_id = component.id ORDER BY stack.name
    ) AS used_by
  ) AS stacks,
  component.config,
  component.updated_at
FROM component;
COMMIT;
