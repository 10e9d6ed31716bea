"""The one rule format of all adapters, and its compiler to Python.

A rule file is TOML. It holds *maps* (one source record to one FHIR resource or element) and *code tables*:

    [[map]]
    name = "PID[Patient]"          # stable: part of every rule id
    into = "Patient"               # resource type; a lower-case word makes a plain element (no resourceType)
    record = "PID"                 # what the adapter feeds it: a segment name, a table name, an element name
    rules = [
        {from = "PID-3", to = "identifier[]", as = "CX"},
        {from = "PID-8", to = "gender", map = "sex"},
        {from = "PID-30", to = "deceasedBoolean", as = "boolean", when = "not PID-29"},
        {to = "active", value = true},
        {from = "PID-1", ignore = "set id"},
    ]

    [codes.sex]
    M = "male"
    F = "female"
    "*" = "other"                  # anything else ("" for nothing); without it an unknown code is reported

    [codes]
    visit.01 = {system = "...", code = "AMB"}    # a value may be a table: it is copied as it is

**Rule keys.** `from`: a source path, or a list of paths (the function gets the list of values, called when
any is present). `to`: where the result goes. `as`: the function that types it, by name, with literal
arguments if it takes some (`concept(http://loinc.org)`); without it the text is taken as it stands. `map`:
a code table, applied to the result of `as`. `value`: a literal, when there is nothing to read (with `from`:
taken when `from` is present). `default`: a literal when `from` gives nothing. `when`: a condition. `id`:
the rule's stable id (default: map name, from and to; the second of its kind ends in `#2`). `ignore`: says
why a path is read by nobody; it then counts as known. A map's `reads` lists the paths that the adapter's
own code reads.

**Source paths** belong to the reader (`adapters.mapping.readers.Reader`): HL7v2 reads `PID-3`, `PID-5.1`;
`$name` is an attribute of the context.

**Targets** are FHIR paths from the resource: `birthDate`, `maritalStatus.text`; `identifier[]` appends one
entry for each repetition of the source (a function that gives a list extends; an entry that is there
already is not repeated); `contact[kin].name` collects all rules with the same label in one entry;
`extension(URL).valueCode` appends an extension. Of several rules with one single-valued target the first
that gives a value wins. `to = ""` hands the value to the function for its effect.

**Conditions**: `PV1-2`, `not PV1-2`, `PV1-2 = "I"`, `PV1-2 != "I"`, `PV1-2 in ("I", "O")`, joined with
`and`, `or`, brackets.

**Functions** are `function(value, context, *arguments)` and give a FHIR value, or None for nothing. The
context is the adapter's; the compiled code needs of it only `unmapped(path, value)` and `fired` (a list
that collects rule ids, or None when nobody asked).

`load(*texts)` gives a `RuleSet` (later files override rules of the same id: country, region and site
overlays); `compile_map(rule_map, codes, functions, reader)` gives
`mapper(record, context, resource=None) -> dict | None`: None when no rule read anything, so constants alone
never make an empty resource. A mistake in a rule file raises `RuleError` at load, with the rule's id.
"""

from adapters.mapping.compiler import Mapper, compile_map
from adapters.mapping.rules import Rule, RuleError, RuleMap, RuleSet, load

__all__ = ["Mapper", "Rule", "RuleError", "RuleMap", "RuleSet", "compile_map", "load"]
