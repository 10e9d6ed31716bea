"""Rights on tables, as the notes in env.py tell which to use. Called by migrations."""

from alembic import op

ROLES = """
do $$
declare role_name text;
begin
  foreach role_name in array array['hie_reader', 'hie_writer', 'hie_app'] loop
    if not exists (select from pg_roles where rolname = role_name) then
      begin
        if role_name = 'hie_app' then
          create role hie_app login noinherit;
        else
          execute format('create role %I nologin', role_name);
        end if;
      exception when duplicate_object or unique_violation then null;
      end;
    end if;
  end loop;
  if not pg_has_role('hie_app', 'hie_reader', 'member') then
    grant hie_reader to hie_app;
  end if;
  if not pg_has_role('hie_app', 'hie_writer', 'member') then
    grant hie_writer to hie_app;
  end if;
end $$;
"""


def roles() -> None:
    """Make the roles that are missing. Roles belong to the whole server; on a server of one's own their
    administrator makes `hie_app` with its password."""
    op.execute(ROLES)


def record(*tables: str) -> None:
    """What is said about residents."""
    names = ", ".join(tables)
    op.execute(f"grant select on {names} to hie_reader")
    op.execute(f"grant select, insert, update, delete on {names} to hie_writer")


def application(*tables: str) -> None:
    """What runs the exchange."""
    names = ", ".join(tables)
    op.execute(f"grant select, insert, update, delete on {names} to hie_app, hie_writer")
    op.execute(f"grant select on {names} to hie_reader")


def append_only(*tables: str) -> None:
    """What is only ever added to."""
    op.execute(f"grant select, insert on {', '.join(tables)} to hie_app, hie_reader, hie_writer")


def lookup(*tables: str) -> None:
    """Small tables without residents that every unit of work may read, and ingest adds to."""
    names = ", ".join(tables)
    op.execute(f"grant select on {names} to hie_app, hie_reader, hie_writer")
    op.execute(f"grant insert, update on {names} to hie_writer")
