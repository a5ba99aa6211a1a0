"""How an app's first migration makes its tables: knowing all of them from the beginning."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import Migration
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.state import ProjectState


class FirstMigration(Migration):
    """Makes tables that may point at each other in any order; there is nothing to go back to.

    Django makes the class of each model anew after each operation, and of all models that hang
    together with it: for these tables 4,500 classes, nine tenths of what migrating took.
    """

    initial = True

    def apply(
        self,
        project_state: ProjectState,
        schema_editor: BaseDatabaseSchemaEditor,
        collect_sql: bool = False,
    ) -> ProjectState:
        """Do the operations, each of which sees what is there after the last one; see Django's."""
        # Made when first asked for, which is after all is known.
        project_state.__dict__.pop("apps", None)
        before = project_state.clone()
        project_state = self.mutate_state(project_state, preserve=False)
        for operation in self.operations:
            if operation.reduces_to_sql or not collect_sql:
                operation.database_forwards(self.app_label, schema_editor, before, project_state)
        return project_state

    def unapply(self, *_told: Any, **_options: Any) -> NoReturn:
        """Raise IrreversibleError: without its tables there is no app."""
        raise IrreversibleError(f"Nothing was before {self}; begin with an empty database instead")
