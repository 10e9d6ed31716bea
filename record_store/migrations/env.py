"""Runs the steps inside the connection that `migrate` opened; one transaction for all of them.

What a migration must grant, with record_store.migrations.grants (PostgreSQL lets nobody in by itself):

- tables that hold what is said about residents: `record(...)`: hie_reader selects, hie_writer writes; the login role
  hie_app can do neither outside a unit of work that asks for one of these roles;
- tables that run the exchange (inbox, directives, sessions, jobs): `application(...)`: hie_app and hie_writer write,
  hie_reader selects;
- tables that only grow (audit): `append_only(...)`: all three insert and select, nobody changes or deletes.

Migrations run beside the code before and after them: add, fill, and remove in a later release.
"""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
    # /health/ready compares the schema with the code as the login role.
    context.execute("grant select on alembic_version to hie_app")
