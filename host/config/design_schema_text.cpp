#include "host/config/design_schema_text.hpp"

namespace tellina {

const char* const design_schema_text = R"json({
  "study": {
    "description": {"description": "What the study is about, for the data set", "type": "string", "maxLength": 10000, "default": ""},
    "license": {
      "description": "SPDX identifier of the license of the data set, such as CC-BY-4.0",
      "type": "string",
      "pattern": "^[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*$",
      "x-expected": "an SPDX license such as \"CC-BY-4.0\""
    },
    "authors": {"description": "Shown with the consent, and kept in the data set", "type": "array", "items": {"$ref": "#/$defs/author"}, "default": []},
    "stage": {
      "description": "A label of new participants, within which groups are balanced; any other than main is a trial run",
      "type": "string",
      "pattern": "^[a-z0-9-]{1,40}$",
      "x-expected": "at most 40 lower-case letters, digits and \"-\"",
      "default": "main"
    },
    "record_addresses": {"description": "Whether the record keeps participants' IP addresses", "type": "boolean", "default": false},
    "resume_within_in_hours": {
      "description": "A later return ends with the outcome expired; without it, participants may return at any time",
      "type": "number",
      "exclusiveMinimum": 0,
      "maximum": 87600
    },
    "withdrawal": {
      "description": "Whether participants can leave the study, and what happens to their data: keep, delete, or ask them",
      "enum": ["off", "keep", "delete", "ask"],
      "default": "off"
    }
  },
  "properties": {
    "entry": {
      "description": "How participants come into the study without an access code",
      "type": "object",
      "additionalProperties": false,
      "properties": {"open_link": {"$ref": "#/$defs/open_link"}}
    },
    "blocks": {
      "description": "Lists of tasks by name",
      "type": "object",
      "x-expected-name": "a name of at most 40 letters, digits, \"-\" and \"_\", with a letter or a digit first",
      "patternProperties": {"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$": {"$ref": "#/$defs/block"}},
      "additionalProperties": false
    },
    "treatments": {
      "description": "Conditions under which participants work in a period, by name",
      "type": "object",
      "x-expected-name": "a name of at most 40 letters, digits, \"-\" and \"_\", with a letter or a digit first",
      "patternProperties": {"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$": {"$ref": "#/$defs/treatment"}},
      "additionalProperties": false
    },
    "assignment": {"$ref": "#/$defs/assignment"},
    "questionnaires": {
      "description": "Forms by name",
      "type": "object",
      "x-expected-name": "a name of at most 40 letters, digits, \"-\" and \"_\", with a letter or a digit first",
      "patternProperties": {"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$": {"$ref": "#/$defs/questionnaire"}},
      "additionalProperties": false
    },
    "flow": {
      "description": "The steps of the study in order; without it, all tasks in order",
      "type": "array",
      "minItems": 1,
      "items": {"$ref": "#/$defs/step"}
    },
    "completion": {
      "description": "What the page shows at the end, by outcome",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "completed": {"$ref": "#/$defs/completion"},
        "withdrew": {"$ref": "#/$defs/completion"},
        "no_consent": {"$ref": "#/$defs/completion"},
        "screened_out": {"$ref": "#/$defs/completion"},
        "failed_practice": {"$ref": "#/$defs/completion"},
        "full": {"$ref": "#/$defs/completion"},
        "expired": {"$ref": "#/$defs/completion"},
        "stopped": {"$ref": "#/$defs/completion"}
      }
    }
  },
  "$defs": {
    "author": {
      "type": "object",
      "required": ["name"],
      "additionalProperties": false,
      "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "email": {"type": "string", "pattern": "^[^@ ]+@[^@ ]+$", "x-expected": "an e-mail address", "maxLength": 200},
        "orcid": {
          "type": "string",
          "pattern": "^[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]$",
          "x-expected": "an ORCID iD such as \"0000-0002-1825-0097\""
        }
      }
    },
    "open_link": {
      "description": "A link through which anyone may take part: /join?PARAMETER=ID",
      "type": "object",
      "required": ["id_parameter"],
      "additionalProperties": false,
      "properties": {
        "id_parameter": {"description": "The link's parameter with the participant's external id", "$ref": "#/$defs/parameter"},
        "keep_parameters": {"description": "Further parameters that are recorded", "type": "array", "items": {"$ref": "#/$defs/parameter"}, "default": []},
        "id_pattern": {"description": "A regular expression (RE2) for the whole id", "type": "string", "minLength": 1},
        "limit": {"description": "How many participants the stage may have, without excluded ones; 0: nobody new may join", "type": "integer", "minimum": 0, "maximum": 1000000},
        "rejoin": {
          "description": "Who returns to a participant's session with the same id; same_browser: only the browser that joined; anywhere: everyone who has the id",
          "enum": ["same_browser", "anywhere"],
          "default": "same_browser"
        }
      }
    },
    "parameter": {
      "type": "string",
      "pattern": "^[A-Za-z0-9_.-]{1,100}$",
      "x-expected": "at most 100 letters, digits, \".\", \"-\" and \"_\""
    },
    "block": {
      "type": "object",
      "required": ["tasks"],
      "additionalProperties": false,
      "properties": {
        "tasks": {"description": "Ids of tasks, each in one block only", "type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
        "order": {
          "description": "fixed: as listed; random: by the seed; latin_square: each task equally often at each position and after each other one",
          "enum": ["fixed", "random", "latin_square"],
          "default": "fixed"
        },
        "time_limit_in_seconds": {
          "description": "Of the time that is charged to its tasks together; tasks after that are not reached",
          "type": "number",
          "exclusiveMinimum": 0,
          "maximum": 31536000
        }
      }
    },
    "treatment": {
      "type": "object",
      "required": ["title"],
      "additionalProperties": false,
      "properties": {
        "title": {"description": "Shown beside each task of the period", "type": "string", "minLength": 1, "maxLength": 200},
        "text": {"description": "Shown below the title", "$ref": "#/$defs/text"},
        "links": {"description": "Shown below the text", "type": "array", "maxItems": 20, "items": {"$ref": "#/$defs/treatment_link"}}
      }
    },
    "treatment_link": {
      "type": "object",
      "required": ["title", "url"],
      "additionalProperties": false,
      "properties": {
        "title": {"type": "string", "minLength": 1, "maxLength": 200},
        "url": {"$ref": "#/$defs/url"}
      }
    },
    "url": {"type": "string", "pattern": "^https?://[^ ]+$", "x-expected": "\"https://...\" or \"http://...\"", "maxLength": 1000},
    "assignment": {
      "description": "Which group a participant gets",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "groups": {
          "description": "What each group does in its periods: a list for each name, or crossover, which makes the groups",
          "type": "object",
          "oneOf": [{"$ref": "#/$defs/crossover"}, {"$ref": "#/$defs/named_groups"}]
        },
        "method": {
          "description": "least_filled: the group with the fewest who completed or are under way; permuted_blocks: shuffled blocks of places; in_turn: one group after another",
          "enum": ["least_filled", "permuted_blocks", "in_turn"],
          "default": "least_filled"
        },
        "block_size": {"description": "For permuted_blocks: a multiple of the number of groups", "type": "integer", "minimum": 1, "maximum": 10000},
        "seed": {"description": "Decides every random draw; any whole number", "type": "integer", "minimum": 0},
        "at": {"description": "The id of the step before which the group is chosen; first_period: before the first step that depends on it", "type": "string", "minLength": 1, "default": "first_period"},
        "held_for_in_minutes": {"description": "How long a participant who is not seen keeps their place", "type": "number", "exclusiveMinimum": 0, "maximum": 5256000, "default": 120},
        "target_per_group": {"description": "How many participants each group needs", "type": "integer", "minimum": 1, "maximum": 1000000},
        "when_full": {"description": "What happens to participants who come when all groups have their number", "enum": ["turn_away", "continue"], "default": "turn_away"},
        "fixed": {"description": "The group of an access code", "type": "object", "x-secret": true, "x-secret-names": true},
        "closed": {"description": "Groups that get no one", "type": "array", "uniqueItems": true, "items": {"type": "string", "minLength": 1}}
      }
    },
    "crossover": {
      "type": "object",
      "required": ["crossover"],
      "additionalProperties": false,
      "properties": {
        "crossover": {
          "description": "Groups in which each block meets each treatment in each period equally often",
          "type": "object",
          "required": ["blocks", "treatments"],
          "additionalProperties": false,
          "properties": {
            "blocks": {"$ref": "#/$defs/crossover_names"},
            "treatments": {"$ref": "#/$defs/crossover_names"}
          }
        }
      }
    },
    "crossover_names": {"type": "array", "minItems": 2, "maxItems": 10, "uniqueItems": true, "items": {"type": "string", "minLength": 1}},
    "named_groups": {
      "type": "object",
      "x-expected-name": "\"crossover\", or a name of at most 40 letters, digits, \"-\" and \"_\", with a letter or a digit first",
      "patternProperties": {"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"$ref": "#/$defs/group_period"}}},
      "additionalProperties": false
    },
    "group_period": {
      "type": "object",
      "required": ["block"],
      "additionalProperties": false,
      "properties": {
        "block": {"description": "A name in blocks", "type": "string", "minLength": 1},
        "treatment": {"description": "A name in treatments", "type": "string", "minLength": 1}
      }
    },
    "questionnaire": {
      "type": "object",
      "required": ["title", "fields"],
      "additionalProperties": false,
      "properties": {
        "title": {"type": "string", "minLength": 1, "maxLength": 200},
        "text": {"description": "Shown before the questions", "$ref": "#/$defs/text"},
        "fields": {"type": "array", "minItems": 1, "maxItems": 200, "items": {"$ref": "#/$defs/field"}}
      }
    },
    "field": {
      "type": "object",
      "x-expected": "a type of field",
      "oneOf": [
        {"$ref": "#/$defs/text_field"},
        {"$ref": "#/$defs/paragraph_field"},
        {"$ref": "#/$defs/number_field"},
        {"$ref": "#/$defs/choice_field"},
        {"$ref": "#/$defs/choices_field"},
        {"$ref": "#/$defs/scale_field"},
        {"$ref": "#/$defs/matrix_field"},
        {"$ref": "#/$defs/confirm_field"}
      ]
    },
    "text_field": {
      "description": "A line of at most 500 characters",
      "type": "object",
      "required": ["name", "type", "label"],
      "additionalProperties": false,
      "properties": {
        "type": {"const": "text"}, "name": {"$ref": "#/$defs/field_name"}, "label": {"$ref": "#/$defs/field_label"}, "help": {"$ref": "#/$defs/field_help"},
        "required": {"$ref": "#/$defs/field_required"}, "correct": {"$ref": "#/$defs/field_value"}, "show_if": {"$ref": "#/$defs/show_if"}
      }
    },
    "paragraph_field": {
      "description": "Lines of at most 5,000 characters together",
      "type": "object",
      "required": ["name", "type", "label"],
      "additionalProperties": false,
      "properties": {
        "type": {"const": "paragraph"}, "name": {"$ref": "#/$defs/field_name"}, "label": {"$ref": "#/$defs/field_label"}, "help": {"$ref": "#/$defs/field_help"},
        "required": {"$ref": "#/$defs/field_required"}, "correct": {"$ref": "#/$defs/field_value"}, "show_if": {"$ref": "#/$defs/show_if"}
      }
    },
    "number_field": {
      "description": "A number",
      "type": "object",
      "required": ["name", "type", "label"],
      "additionalProperties": false,
      "properties": {
        "type": {"const": "number"}, "name": {"$ref": "#/$defs/field_name"}, "label": {"$ref": "#/$defs/field_label"}, "help": {"$ref": "#/$defs/field_help"},
        "required": {"$ref": "#/$defs/field_required"}, "correct": {"$ref": "#/$defs/field_value"}, "show_if": {"$ref": "#/$defs/show_if"},
        "at_least": {"type": "number"}, "at_most": {"type": "number"},
        "whole": {"description": "Only whole numbers", "type": "boolean", "default": false}
      }
    },
    "choice_field": {
      "description": "One of the options",
      "type": "object",
      "required": ["name", "type", "label", "options"],
      "additionalProperties": false,
      "properties": {
        "type": {"const": "choice"}, "name": {"$ref": "#/$defs/field_name"}, "label": {"$ref": "#/$defs/field_label"}, "help": {"$ref": "#/$defs/field_help"},
        "required": {"$ref": "#/$defs/field_required"}, "correct": {"$ref": "#/$defs/field_value"}, "show_if": {"$ref": "#/$defs/show_if"},
        "options": {"$ref": "#/$defs/options"}, "order": {"$ref": "#/$defs/option_order"}
      }
    },
    "choices_field": {
      "description": "Any number of the options",
      "type": "object",
      "required": ["name", "type", "label", "options"],
      "additionalProperties": false,
      "properties": {
        "type": {"const": "choices"}, "name": {"$ref": "#/$defs/field_name"}, "label": {"$ref": "#/$defs/field_label"}, "help": {"$ref": "#/$defs/field_help"},
        "required": {"$ref": "#/$defs/field_required"}, "correct": {"$ref": "#/$defs/field_value"}, "show_if": {"$ref": "#/$defs/show_if"},
        "options": {"$ref": "#/$defs/options"}, "order": {"$ref": "#/$defs/option_order"}
      }
    },
    "scale_field": {
      "description": "A whole number on a scale",
      "type": "object",
      "required": ["name", "type", "label", "from", "to"],
      "additionalProperties": false,
      "properties": {
        "type": {"const": "scale"}, "name": {"$ref": "#/$defs/field_name"}, "label": {"$ref": "#/$defs/field_label"}, "help": {"$ref": "#/$defs/field_help"},
        "required": {"$ref": "#/$defs/field_required"}, "correct": {"$ref": "#/$defs/field_value"}, "show_if": {"$ref": "#/$defs/show_if"},
        "from": {"$ref": "#/$defs/scale_value"}, "to": {"$ref": "#/$defs/scale_value"}, "from_label": {"$ref": "#/$defs/scale_label"}, "to_label": {"$ref": "#/$defs/scale_label"}
      }
    },
    "matrix_field": {
      "description": "Several rows on one scale",
      "type": "object",
      "required": ["name", "type", "label", "from", "to", "rows"],
      "additionalProperties": false,
      "properties": {
        "type": {"const": "matrix"}, "name": {"$ref": "#/$defs/field_name"}, "label": {"$ref": "#/$defs/field_label"}, "help": {"$ref": "#/$defs/field_help"},
        "required": {"$ref": "#/$defs/field_required"}, "correct": {"$ref": "#/$defs/field_value"}, "show_if": {"$ref": "#/$defs/show_if"},
        "from": {"$ref": "#/$defs/scale_value"}, "to": {"$ref": "#/$defs/scale_value"}, "from_label": {"$ref": "#/$defs/scale_label"}, "to_label": {"$ref": "#/$defs/scale_label"},
        "rows": {"description": "What is rated", "type": "array", "minItems": 1, "maxItems": 50, "items": {"$ref": "#/$defs/matrix_row"}}, "order": {"$ref": "#/$defs/option_order"}
      }
    },
    "confirm_field": {
      "description": "A box to tick; if it is required, it must be ticked",
      "type": "object",
      "required": ["name", "type", "label"],
      "additionalProperties": false,
      "properties": {
        "type": {"const": "confirm"}, "name": {"$ref": "#/$defs/field_name"}, "label": {"$ref": "#/$defs/field_label"}, "help": {"$ref": "#/$defs/field_help"},
        "required": {"$ref": "#/$defs/field_required"}, "correct": {"$ref": "#/$defs/field_value"}, "show_if": {"$ref": "#/$defs/show_if"}
      }
    },
    "field_name": {
      "description": "Names the answer in the record",
      "type": "string",
      "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$",
      "x-expected": "at most 40 letters, digits, \"-\" and \"_\", with a letter or a digit first"
    },
    "field_label": {"description": "The question", "type": "string", "minLength": 1, "maxLength": 1000},
    "field_help": {"description": "Shown below the question", "type": "string", "minLength": 1, "maxLength": 1000},
    "field_required": {"description": "Whether it must be answered", "type": "boolean", "default": false},
    "field_value": {"description": "An answer; a list for choices, an object for a matrix"},
    "show_if": {
      "description": "Shows the field only if an earlier one has this answer, or includes it",
      "type": "object",
      "required": ["field", "is"],
      "additionalProperties": false,
      "properties": {"field": {"type": "string", "minLength": 1}, "is": {"$ref": "#/$defs/field_value"}}
    },
    "options": {"type": "array", "minItems": 1, "maxItems": 200, "uniqueItems": true, "items": {"type": "string", "minLength": 1, "maxLength": 500}},
    "option_order": {"description": "Of the options or rows, for each participant", "enum": ["fixed", "random"], "default": "fixed"},
    "scale_value": {"type": "integer", "minimum": -1000, "maximum": 1000},
    "scale_label": {"type": "string", "minLength": 1, "maxLength": 200},
    "matrix_row": {
      "type": "object",
      "required": ["name", "label"],
      "additionalProperties": false,
      "properties": {"name": {"$ref": "#/$defs/field_name"}, "label": {"$ref": "#/$defs/field_label"}}
    },
    "step": {
      "oneOf": [
        {"$ref": "#/$defs/consent_step"},
        {"$ref": "#/$defs/page_step"},
        {"$ref": "#/$defs/questionnaire_step"},
        {"$ref": "#/$defs/practice_step"},
        {"$ref": "#/$defs/tasks_step"},
        {"$ref": "#/$defs/break_step"},
        {"$ref": "#/$defs/periods_step"}
      ]
    },
    "inner_step": {
      "oneOf": [
        {"$ref": "#/$defs/consent_step"},
        {"$ref": "#/$defs/page_step"},
        {"$ref": "#/$defs/questionnaire_step"},
        {"$ref": "#/$defs/practice_step"},
        {"$ref": "#/$defs/tasks_step"},
        {"$ref": "#/$defs/break_step"}
      ]
    },
    "consent_step": {
      "description": "The participant agrees, or refuses with the outcome no_consent",
      "type": "object",
      "required": ["consent"],
      "additionalProperties": false,
      "properties": {
        "consent": {"$ref": "#/$defs/text"},
        "id": {"$ref": "#/$defs/step_id"},
        "title": {"$ref": "#/$defs/step_title"},
        "version": {"description": "Kept with the consent; without it, the hash of the text and the boxes", "type": "string", "minLength": 1, "maxLength": 100},
        "boxes": {"description": "What the participant has to tick, in Markdown", "type": "array", "maxItems": 20, "items": {"type": "string", "minLength": 1, "maxLength": 1000}},
        "refuse": {"description": "Whether the page offers to refuse", "type": "boolean", "default": true}
      }
    },
    "page_step": {
      "description": "A text to read",
      "type": "object",
      "required": ["page"],
      "additionalProperties": false,
      "properties": {
        "page": {"$ref": "#/$defs/text"},
        "id": {"$ref": "#/$defs/step_id"},
        "title": {"$ref": "#/$defs/step_title"},
        "at_least_in_seconds": {"$ref": "#/$defs/at_least_in_seconds"},
        "back": {"description": "Whether a button leads back to the page before it", "type": "boolean", "default": false}
      }
    },
    "questionnaire_step": {
      "description": "A form to fill in",
      "type": "object",
      "required": ["questionnaire"],
      "additionalProperties": false,
      "properties": {
        "questionnaire": {"description": "A name in questionnaires", "type": "string", "minLength": 1},
        "id": {"$ref": "#/$defs/step_id"},
        "title": {"$ref": "#/$defs/step_title"},
        "ends_if": {"description": "Answers that end the study; the first that holds decides", "type": "array", "items": {"$ref": "#/$defs/end_rule"}},
        "repeat_if_wrong": {
          "description": "Shows the form again after answers that are not correct",
          "type": "object",
          "required": ["times"],
          "additionalProperties": false,
          "properties": {
            "times": {"description": "How often it is shown again", "type": "integer", "minimum": 1, "maximum": 100},
            "outcome": {"$ref": "#/$defs/ending"}
          }
        }
      }
    },
    "practice_step": {
      "description": "Tasks that no count includes",
      "type": "object",
      "required": ["practice"],
      "additionalProperties": false,
      "properties": {
        "practice": {"description": "Ids of tasks", "type": "array", "minItems": 1, "uniqueItems": true, "items": {"type": "string", "minLength": 1}},
        "id": {"$ref": "#/$defs/step_id"},
        "title": {"$ref": "#/$defs/step_title"},
        "until": {"description": "ended: each task once, however it ends; passed: again until it is passed", "enum": ["ended", "passed"], "default": "ended"},
        "tries": {"description": "How often a task is started at most, if it has to be passed", "type": "integer", "minimum": 1, "maximum": 100, "default": 3},
        "solution_after_in_seconds": {"description": "When the page offers the task's solution; without it, never", "type": "number", "minimum": 0, "maximum": 31536000},
        "outcome": {"$ref": "#/$defs/ending"}
      }
    },
    "tasks_step": {
      "description": "The tasks of a block",
      "type": "object",
      "required": ["tasks"],
      "additionalProperties": false,
      "properties": {
        "tasks": {"description": "A name in blocks; *: every task that is not practice; in periods also {block}", "type": "string", "minLength": 1},
        "id": {"$ref": "#/$defs/step_id"},
        "title": {"$ref": "#/$defs/step_title"}
      }
    },
    "break_step": {
      "description": "A rest",
      "type": "object",
      "required": ["break"],
      "additionalProperties": false,
      "properties": {
        "break": {"$ref": "#/$defs/text"},
        "id": {"$ref": "#/$defs/step_id"},
        "title": {"$ref": "#/$defs/step_title"},
        "at_least_in_seconds": {"$ref": "#/$defs/at_least_in_seconds"},
        "at_most_in_seconds": {"description": "A longer break is recorded as an event", "type": "number", "exclusiveMinimum": 0, "maximum": 31536000}
      }
    },
    "periods_step": {
      "description": "Passes the steps once for each period",
      "type": "object",
      "required": ["periods"],
      "additionalProperties": false,
      "properties": {
        "periods": {"description": "Steps for each period of the participant's group; {block}, {treatment} and {period} are replaced", "type": "array", "minItems": 1, "items": {"$ref": "#/$defs/inner_step"}},
        "id": {"$ref": "#/$defs/step_id"},
        "title": {"$ref": "#/$defs/step_title"},
        "between": {"description": "Steps after each period but the last", "type": "array", "items": {"$ref": "#/$defs/inner_step"}}
      }
    },
    "step_id": {
      "description": "Names the step in the record; without it, its kind and a number, such as page-2",
      "type": "string",
      "pattern": "^[a-z0-9][a-z0-9_-]{0,39}$",
      "x-expected": "at most 40 lower-case letters, digits, \"-\" and \"_\", with a letter or a digit first"
    },
    "step_title": {"type": "string", "minLength": 1, "maxLength": 200},
    "at_least_in_seconds": {"description": "How long the participant stays at least", "type": "number", "minimum": 0, "maximum": 86400, "default": 0},
    "ending": {"description": "How the study ends", "enum": ["completed", "no_consent", "screened_out", "failed_practice"]},
    "end_rule": {
      "description": "One of is, less_than, more_than and includes",
      "type": "object",
      "required": ["field", "outcome"],
      "additionalProperties": false,
      "properties": {
        "field": {"description": "A field of the form", "type": "string", "minLength": 1},
        "is": {"$ref": "#/$defs/field_value"},
        "less_than": {"type": "number"},
        "more_than": {"type": "number"},
        "includes": {"description": "An option of choices", "type": "string", "minLength": 1},
        "outcome": {"$ref": "#/$defs/ending"}
      }
    },
    "completion": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "text": {"$ref": "#/$defs/text"},
        "code": {"description": "A code that the page shows; generated: each participant's own", "type": "string", "minLength": 1, "maxLength": 100},
        "redirect": {"description": "A link that the page offers; {code} in it stands for the code", "$ref": "#/$defs/url"}
      }
    }
  }
})json";

}  // namespace tellina
