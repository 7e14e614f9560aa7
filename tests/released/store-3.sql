PRAGMA application_id = 2054189679;
PRAGMA user_version = 3;
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003_turns');
CREATE TABLE change (
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
	CONSTRAINT ck_change_after_is_object CHECK (after IS NULL OR after GLOB '{*}')
);
INSERT INTO "change" VALUES(1,'e41e0d0972b0b43fb8ffe8639f1e74ad','2026-11-27T13:48:09Z','ana@laptop','zprof -q orchestrator register docker -f local_docker --docker_parent_image=python:3.11','component','orchestrator/default',NULL,'{"config": {}, "created_at": "2026-11-27T13:48:09Z", "flavor": "local", "name": "default", "revision": 1, "type": "orchestrator"}');
INSERT INTO "change" VALUES(2,'e41e0d0972b0b43fb8ffe8639f1e74ad','2026-11-27T13:48:09Z','ana@laptop','zprof -q orchestrator register docker -f local_docker --docker_parent_image=python:3.11','component','metadata_store/default',NULL,'{"config": {}, "created_at": "2026-11-27T13:48:09Z", "flavor": "sqlite", "name": "default", "revision": 1, "type": "metadata_store"}');
INSERT INTO "change" VALUES(3,'e41e0d0972b0b43fb8ffe8639f1e74ad','2026-11-27T13:48:09Z','ana@laptop','zprof -q orchestrator register docker -f local_docker --docker_parent_image=python:3.11','component','artifact_store/default',NULL,'{"config": {}, "created_at": "2026-11-27T13:48:09Z", "flavor": "local", "name": "default", "revision": 1, "type": "artifact_store"}');
INSERT INTO "change" VALUES(4,'e41e0d0972b0b43fb8ffe8639f1e74ad','2026-11-27T13:48:09Z','ana@laptop','zprof -q orchestrator register docker -f local_docker --docker_parent_image=python:3.11','association','default/default',NULL,'{"artifact_store": "default", "metadata_store": "default"}');
INSERT INTO "change" VALUES(5,'e41e0d0972b0b43fb8ffe8639f1e74ad','2026-11-27T13:48:09Z','ana@laptop','zprof -q orchestrator register docker -f local_docker --docker_parent_image=python:3.11','stack','default',NULL,'{"components": {"artifact_store": "default", "metadata_store": "default", "orchestrator": "default"}, "created_at": "2026-11-27T13:48:09Z", "name": "default", "revision": 1}');
INSERT INTO "change" VALUES(6,'ffd3adebc55f0fd051c890c45249560a','2026-11-27T13:48:09Z','ana@laptop','zprof -q orchestrator register docker -f local_docker --docker_parent_image=python:3.11','component','orchestrator/docker',NULL,'{"config": {"docker_parent_image": "python:3.11"}, "created_at": "2026-11-27T13:48:09Z", "flavor": "local_docker", "name": "docker", "revision": 1, "type": "orchestrator"}');
INSERT INTO "change" VALUES(7,'36383bfe1b7640e80f8ed89e1cd7c58e','2026-11-27T13:48:09Z','ana@laptop','zprof -q artifact-store register s3 -f s3 ''--path=s3://models/é'' ''--key=********''','component','artifact_store/s3',NULL,'{"config": {"key": "{{aws.key}}", "path": "s3://models/é"}, "created_at": "2026-11-27T13:48:09Z", "flavor": "s3", "name": "s3", "revision": 1, "type": "artifact_store"}');
INSERT INTO "change" VALUES(8,'bb486096dec360b197d80b3800090e37','2026-11-27T13:48:09Z','ana@laptop','zprof -q metadata-store register mysql -f mysql --host=db.internal --port=3306 --database=meta ''--username=********'' ''--password=********''','component','metadata_store/mysql',NULL,'{"config": {"database": "meta", "host": "db.internal", "password": "hunter2", "port": 3306, "username": "ml"}, "created_at": "2026-11-27T13:48:09Z", "flavor": "mysql", "name": "mysql", "revision": 1, "type": "metadata_store"}');
INSERT INTO "change" VALUES(9,'6e247eb6236f85107954ff5aeccea658','2026-11-27T13:48:09Z','ana@laptop','zprof -q alerter flavor register pager --schema schema.json','flavor','alerter/pager',NULL,'{"created_at": "2026-11-27T13:48:09Z", "name": "pager", "schema": {"additionalProperties": false, "properties": {"team": {"default": "ml", "type": "string"}, "token": {"type": "string", "writeOnly": true}}, "type": "object"}, "source": null, "type": "alerter"}');
INSERT INTO "change" VALUES(10,'4f5b81986f14799bbeda7fb27e7b1e47','2026-11-27T13:48:09Z','ana@laptop','zprof -q alerter register duty -f pager --team=night ''--token=********''','component','alerter/duty',NULL,'{"config": {"team": "night", "token": "${env:PAGER}"}, "created_at": "2026-11-27T13:48:09Z", "flavor": "pager", "name": "duty", "revision": 1, "type": "alerter"}');
INSERT INTO "change" VALUES(11,'4e6a0090532074bec3ee8b141d1a9094','2026-11-27T13:48:09Z','ana@laptop','zprof -q stack register prod -o docker -a s3 -m mysql -al duty','association','s3/mysql',NULL,'{"artifact_store": "s3", "metadata_store": "mysql"}');
INSERT INTO "change" VALUES(12,'4e6a0090532074bec3ee8b141d1a9094','2026-11-27T13:48:09Z','ana@laptop','zprof -q stack register prod -o docker -a s3 -m mysql -al duty','stack','prod',NULL,'{"components": {"alerter": "duty", "artifact_store": "s3", "metadata_store": "mysql", "orchestrator": "docker"}, "created_at": "2026-11-27T13:48:09Z", "name": "prod", "revision": 1}');
INSERT INTO "change" VALUES(13,'0e313a555ae03a61ef78daef62bd944d','2026-11-27T13:48:09Z','ana@laptop','zprof -q orchestrator update docker --docker_parent_image=python:3.12','component','orchestrator/docker','{"config": {"docker_parent_image": "python:3.11"}, "created_at": "2026-11-27T13:48:09Z", "flavor": "local_docker", "name": "docker", "revision": 1, "type": "orchestrator"}','{"config": {"docker_parent_image": "python:3.12"}, "created_at": "2026-11-27T13:48:09Z", "flavor": "local_docker", "name": "docker", "revision": 2, "type": "orchestrator"}');
INSERT INTO "change" VALUES(14,'6034b133a94217e7930c70b814696e81','2026-11-27T13:48:09Z','ana@laptop','zprof -q stack rename prod production','stack','prod','{"components": {"alerter": "duty", "artifact_store": "s3", "metadata_store": "mysql", "orchestrator": "docker"}, "created_at": "2026-11-27T13:48:09Z", "name": "prod", "revision": 1}','{"components": {"alerter": "duty", "artifact_store": "s3", "metadata_store": "mysql", "orchestrator": "docker"}, "created_at": "2026-11-27T13:48:09Z", "name": "production", "revision": 2}');
INSERT INTO "change" VALUES(15,'a84da4b4a62e049b1631febc0cc58a3f','2026-11-27T13:48:09Z','ana@laptop','zprof -q orchestrator register spare -f local','component','orchestrator/spare',NULL,'{"config": {}, "created_at": "2026-11-27T13:48:09Z", "flavor": "local", "name": "spare", "revision": 1, "type": "orchestrator"}');
INSERT INTO "change" VALUES(16,'a0269ddd15651514d54df9c2fc016196','2026-11-27T13:48:09Z','ana@laptop','zprof -q orchestrator delete spare -y','component','orchestrator/spare','{"config": {}, "created_at": "2026-11-27T13:48:09Z", "flavor": "local", "name": "spare", "revision": 1, "type": "orchestrator"}',NULL);
CREATE TABLE component (
	id INTEGER NOT NULL, 
	type TEXT NOT NULL, 
	name TEXT NOT NULL, 
	flavor TEXT NOT NULL, 
	config JSON NOT NULL, 
	created_at TEXT NOT NULL, 
	updated_at TEXT NOT NULL, revision INTEGER DEFAULT 1 NOT NULL, 
	CONSTRAINT pk_component PRIMARY KEY (id), 
	CONSTRAINT uq_component_type_name UNIQUE (type, name), 
	CONSTRAINT uq_component_id_type UNIQUE (id, type), 
	CONSTRAINT ck_component_type CHECK (type IN ('alerter', 'annotator', 'artifact_store', 'container_registry', 'data_validator', 'experiment_tracker', 'feature_store', 'metadata_store', 'model_deployer', 'orchestrator', 'secrets_manager', 'step_operator')), 
	CONSTRAINT ck_component_config_is_object CHECK (config IS NULL OR config GLOB '{*}')
);
INSERT INTO "component" VALUES(1,'orchestrator','default','local','{}','2026-11-27T13:48:09Z','2026-11-27T13:48:09Z',1);
INSERT INTO "component" VALUES(2,'metadata_store','default','sqlite','{}','2026-11-27T13:48:09Z','2026-11-27T13:48:09Z',1);
INSERT INTO "component" VALUES(3,'artifact_store','default','local','{}','2026-11-27T13:48:09Z','2026-11-27T13:48:09Z',1);
INSERT INTO "component" VALUES(4,'orchestrator','docker','local_docker','{"docker_parent_image": "python:3.12"}','2026-11-27T13:48:09Z','2026-11-27T13:48:09Z',2);
INSERT INTO "component" VALUES(5,'artifact_store','s3','s3','{"key": "{{aws.key}}", "path": "s3://models/é"}','2026-11-27T13:48:09Z','2026-11-27T13:48:09Z',1);
INSERT INTO "component" VALUES(6,'metadata_store','mysql','mysql','{"database": "meta", "host": "db.internal", "password": "hunter2", "port": 3306, "username": "ml"}','2026-11-27T13:48:09Z','2026-11-27T13:48:09Z',1);
INSERT INTO "component" VALUES(7,'alerter','duty','pager','{"team": "night", "token": "${env:PAGER}"}','2026-11-27T13:48:09Z','2026-11-27T13:48:09Z',1);
CREATE TABLE flavor (
	id INTEGER NOT NULL, 
	component_type TEXT NOT NULL, 
	name TEXT NOT NULL, 
	source TEXT, 
	config_schema JSON NOT NULL, 
	created_at TEXT NOT NULL, 
	CONSTRAINT pk_flavor PRIMARY KEY (id), 
	CONSTRAINT uq_flavor_component_type_name UNIQUE (component_type, name), 
	CONSTRAINT ck_flavor_component_type CHECK (component_type IN ('alerter', 'annotator', 'artifact_store', 'container_registry', 'data_validator', 'experiment_tracker', 'feature_store', 'metadata_store', 'model_deployer', 'orchestrator', 'secrets_manager', 'step_operator')), 
	CONSTRAINT ck_flavor_config_schema_is_object CHECK (config_schema IS NULL OR config_schema GLOB '{*}')
);
INSERT INTO "flavor" VALUES(1,'alerter','pager',NULL,'{"additionalProperties": false, "properties": {"team": {"default": "ml", "type": "string"}, "token": {"type": "string", "writeOnly": true}}, "type": "object"}','2026-11-27T13:48:09Z');
CREATE TABLE format (
	kind TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	min_reader INTEGER NOT NULL, 
	min_writer INTEGER NOT NULL, 
	CONSTRAINT pk_format PRIMARY KEY (kind), 
	CONSTRAINT ck_format_kind CHECK (kind = 'store')
);
INSERT INTO "format" VALUES('store',3,1,3);
CREATE TABLE stack (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	updated_at TEXT NOT NULL, revision INTEGER DEFAULT 1 NOT NULL, 
	CONSTRAINT pk_stack PRIMARY KEY (id), 
	CONSTRAINT uq_stack_name UNIQUE (name)
);
INSERT INTO "stack" VALUES(1,'default','2026-11-27T13:48:09Z','2026-11-27T13:48:09Z',1);
INSERT INTO "stack" VALUES(2,'production','2026-11-27T13:48:09Z','2026-11-27T13:48:09Z',2);
CREATE TABLE stack_component (
	stack_id INTEGER NOT NULL, 
	component_type TEXT NOT NULL, 
	component_id INTEGER NOT NULL, 
	CONSTRAINT pk_stack_component PRIMARY KEY (stack_id, component_type), 
	CONSTRAINT fk_stack_component_stack_id_stack FOREIGN KEY(stack_id) REFERENCES stack (id) ON DELETE CASCADE, 
	CONSTRAINT fk_stack_component_component_id_component FOREIGN KEY(component_id, component_type) REFERENCES component (id, type)
);
INSERT INTO "stack_component" VALUES(1,'orchestrator',1);
INSERT INTO "stack_component" VALUES(1,'metadata_store',2);
INSERT INTO "stack_component" VALUES(1,'artifact_store',3);
INSERT INTO "stack_component" VALUES(2,'orchestrator',4);
INSERT INTO "stack_component" VALUES(2,'artifact_store',5);
INSERT INTO "stack_component" VALUES(2,'metadata_store',6);
INSERT INTO "stack_component" VALUES(2,'alerter',7);
CREATE TABLE store_association (
	artifact_store_id INTEGER NOT NULL, 
	metadata_store_id INTEGER NOT NULL, 
	CONSTRAINT pk_store_association PRIMARY KEY (artifact_store_id), 
	CONSTRAINT uq_store_association_metadata_store_id UNIQUE (metadata_store_id), 
	CONSTRAINT fk_store_association_artifact_store_id_component FOREIGN KEY(artifact_store_id) REFERENCES component (id) ON DELETE CASCADE, 
	CONSTRAINT fk_store_association_metadata_store_id_component FOREIGN KEY(metadata_store_id) REFERENCES component (id) ON DELETE CASCADE
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
