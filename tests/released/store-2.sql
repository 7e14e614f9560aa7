PRAGMA application_id = 2054189679;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002_revision_numbers');
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
INSERT INTO "change" VALUES(1,'d7194b52b66541d7bd4d5eadd335657e','2026-11-27T10:18:46Z','ana@laptop','zprof -q orchestrator register docker -f local_docker --docker_parent_image=python:3.11','component','orchestrator/default',NULL,'{"config": {}, "flavor": "local", "name": "default", "type": "orchestrator"}');
INSERT INTO "change" VALUES(2,'d7194b52b66541d7bd4d5eadd335657e','2026-11-27T10:18:46Z','ana@laptop','zprof -q orchestrator register docker -f local_docker --docker_parent_image=python:3.11','component','metadata_store/default',NULL,'{"config": {}, "flavor": "sqlite", "name": "default", "type": "metadata_store"}');
INSERT INTO "change" VALUES(3,'d7194b52b66541d7bd4d5eadd335657e','2026-11-27T10:18:46Z','ana@laptop','zprof -q orchestrator register docker -f local_docker --docker_parent_image=python:3.11','component','artifact_store/default',NULL,'{"config": {}, "flavor": "local", "name": "default", "type": "artifact_store"}');
INSERT INTO "change" VALUES(4,'d7194b52b66541d7bd4d5eadd335657e','2026-11-27T10:18:46Z','ana@laptop','zprof -q orchestrator register docker -f local_docker --docker_parent_image=python:3.11','association','default/default',NULL,'{"artifact_store": "default", "metadata_store": "default"}');
INSERT INTO "change" VALUES(5,'d7194b52b66541d7bd4d5eadd335657e','2026-11-27T10:18:46Z','ana@laptop','zprof -q orchestrator register docker -f local_docker --docker_parent_image=python:3.11','stack','default',NULL,'{"components": {"artifact_store": "default", "metadata_store": "default", "orchestrator": "default"}, "name": "default"}');
INSERT INTO "change" VALUES(6,'b8d07f43346944c589b6cdaf4c2b29ac','2026-11-27T10:18:46Z','ana@laptop','zprof -q orchestrator register docker -f local_docker --docker_parent_image=python:3.11','component','orchestrator/docker',NULL,'{"config": {"docker_parent_image": "python:3.11"}, "flavor": "local_docker", "name": "docker", "type": "orchestrator"}');
INSERT INTO "change" VALUES(7,'5c1841654d484ddea5607253f5da5e11','2026-11-27T10:18:46Z','ana@laptop','zprof -q artifact-store register s3 -f s3 ''--path=s3://models/é'' ''--key=********''','component','artifact_store/s3',NULL,'{"config": {"key": "{{aws.key}}", "path": "s3://models/é"}, "flavor": "s3", "name": "s3", "type": "artifact_store"}');
INSERT INTO "change" VALUES(8,'fbdf56788bc9426ba85b0fbb54aeb299','2026-11-27T10:18:47Z','ana@laptop','zprof -q metadata-store register mysql -f mysql --host=db.internal --port=3306 --database=meta ''--username=********'' ''--password=********''','component','metadata_store/mysql',NULL,'{"config": {"database": "meta", "host": "db.internal", "password": "hunter2", "port": 3306, "username": "ml"}, "flavor": "mysql", "name": "mysql", "type": "metadata_store"}');
INSERT INTO "change" VALUES(9,'19afd9a8562e4f33b65ee9b85ce05513','2026-11-27T10:18:48Z','ana@laptop','zprof -q alerter flavor register pager --schema schema.json','flavor','alerter/pager',NULL,'{"name": "pager", "schema": {"additionalProperties": false, "properties": {"team": {"default": "ml", "type": "string"}, "token": {"type": "string", "writeOnly": true}}, "type": "object"}, "source": null, "type": "alerter"}');
INSERT INTO "change" VALUES(10,'32c79912532a4a8492d01e467fa4e79f','2026-11-27T10:18:48Z','ana@laptop','zprof -q alerter register duty -f pager --team=night ''--token=********''','component','alerter/duty',NULL,'{"config": {"team": "night", "token": "${env:PAGER}"}, "flavor": "pager", "name": "duty", "type": "alerter"}');
INSERT INTO "change" VALUES(11,'847dcd1c6e4a4c21b7a9852e4f7cc34a','2026-11-27T10:18:48Z','ana@laptop','zprof -q stack register prod -o docker -a s3 -m mysql -al duty','association','s3/mysql',NULL,'{"artifact_store": "s3", "metadata_store": "mysql"}');
INSERT INTO "change" VALUES(12,'847dcd1c6e4a4c21b7a9852e4f7cc34a','2026-11-27T10:18:48Z','ana@laptop','zprof -q stack register prod -o docker -a s3 -m mysql -al duty','stack','prod',NULL,'{"components": {"alerter": "duty", "artifact_store": "s3", "metadata_store": "mysql", "orchestrator": "docker"}, "name": "prod"}');
INSERT INTO "change" VALUES(13,'46f5034842044a36b927e2cb1be664da','2026-11-27T10:18:49Z','ana@laptop','zprof -q orchestrator update docker --docker_parent_image=python:3.12','component','orchestrator/docker','{"config": {"docker_parent_image": "python:3.11"}, "flavor": "local_docker", "name": "docker", "type": "orchestrator"}','{"config": {"docker_parent_image": "python:3.12"}, "flavor": "local_docker", "name": "docker", "type": "orchestrator"}');
INSERT INTO "change" VALUES(14,'864c880548904e9d936ebad19071a0a1','2026-11-27T10:18:49Z','ana@laptop','zprof -q stack rename prod production','stack','prod','{"components": {"alerter": "duty", "artifact_store": "s3", "metadata_store": "mysql", "orchestrator": "docker"}, "name": "prod"}','{"components": {"alerter": "duty", "artifact_store": "s3", "metadata_store": "mysql", "orchestrator": "docker"}, "name": "production"}');
INSERT INTO "change" VALUES(15,'8c4cc8033a3d462b97b639b65f0e2ecc','2026-11-27T10:18:50Z','ana@laptop','zprof -q orchestrator register spare -f local','component','orchestrator/spare',NULL,'{"config": {}, "flavor": "local", "name": "spare", "type": "orchestrator"}');
INSERT INTO "change" VALUES(16,'3f1153ce487047bc9e48402562c89522','2026-11-27T10:18:50Z','ana@laptop','zprof -q orchestrator delete spare -y','component','orchestrator/spare','{"config": {}, "flavor": "local", "name": "spare", "type": "orchestrator"}',NULL);
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
INSERT INTO "component" VALUES(1,'orchestrator','default','local','{}','2026-11-27T10:18:46Z','2026-11-27T10:18:46Z',1);
INSERT INTO "component" VALUES(2,'metadata_store','default','sqlite','{}','2026-11-27T10:18:46Z','2026-11-27T10:18:46Z',1);
INSERT INTO "component" VALUES(3,'artifact_store','default','local','{}','2026-11-27T10:18:46Z','2026-11-27T10:18:46Z',1);
INSERT INTO "component" VALUES(4,'orchestrator','docker','local_docker','{"docker_parent_image": "python:3.12"}','2026-11-27T10:18:46Z','2026-11-27T10:18:49Z',2);
INSERT INTO "component" VALUES(5,'artifact_store','s3','s3','{"key": "{{aws.key}}", "path": "s3://models/é"}','2026-11-27T10:18:46Z','2026-11-27T10:18:46Z',1);
INSERT INTO "component" VALUES(6,'metadata_store','mysql','mysql','{"database": "meta", "host": "db.internal", "password": "hunter2", "port": 3306, "username": "ml"}','2026-11-27T10:18:47Z','2026-11-27T10:18:47Z',1);
INSERT INTO "component" VALUES(7,'alerter','duty','pager','{"team": "night", "token": "${env:PAGER}"}','2026-11-27T10:18:48Z','2026-11-27T10:18:48Z',1);
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
INSERT INTO "flavor" VALUES(1,'alerter','pager',NULL,'{"additionalProperties": false, "properties": {"team": {"default": "ml", "type": "string"}, "token": {"type": "string", "writeOnly": true}}, "type": "object"}','2026-11-27T10:18:48Z');
CREATE TABLE format (
	kind TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	min_reader INTEGER NOT NULL, 
	min_writer INTEGER NOT NULL, 
	CONSTRAINT pk_format PRIMARY KEY (kind), 
	CONSTRAINT ck_format_kind CHECK (kind = 'store')
);
INSERT INTO "format" VALUES('store',2,1,2);
CREATE TABLE stack (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	updated_at TEXT NOT NULL, revision INTEGER DEFAULT 1 NOT NULL, 
	CONSTRAINT pk_stack PRIMARY KEY (id), 
	CONSTRAINT uq_stack_name UNIQUE (name)
);
INSERT INTO "stack" VALUES(1,'default','2026-11-27T10:18:46Z','2026-11-27T10:18:46Z',1);
INSERT INTO "stack" VALUES(2,'production','2026-11-27T10:18:48Z','2026-11-27T10:18:49Z',2);
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
