#include "host/config/host_schema_text.hpp"

namespace tellina {

const char* const host_schema_text = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "config.json of tellina",
  "type": "object",
  "required": ["task_duration_in_seconds", "tasks"],
  "additionalProperties": false,
  "properties": {
    "$schema": {"description": "Where an editor finds this schema", "type": "string"},
    "plugins": {
      "description": "Folders with further plugins, relative to the configuration's folder",
      "type": "array",
      "items": {"type": "string", "minLength": 1}
    },
    "study": {
      "description": "What participants see of the study",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "title": {
          "description": "Shown in the page's title and in its bar",
          "type": "string",
          "minLength": 1,
          "maxLength": 200,
          "default": "Command-line study"
        },
        "contact": {
          "description": "Contact for participants, such as an e-mail address, or a name and a telephone number; everyone who opens the page sees it",
          "type": "string",
          "minLength": 1,
          "maxLength": 300
        }
      }
    },
    "server": {
      "description": "Where browsers reach the study",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "address": {
          "description": "IP address to listen on; 0.0.0.0 and :: are all addresses of the machine",
          "type": "string",
          "minLength": 1,
          "default": "127.0.0.1"
        },
        "port": {
          "description": "TCP port; 0 takes a free one",
          "type": "integer",
          "minimum": 0,
          "maximum": 65535,
          "default": 10411
        },
        "base_path": {
          "description": "Path under which a proxy offers the server, such as /study; empty for none",
          "type": "string",
          "pattern": "^(/[A-Za-z0-9._~-]+)*$",
          "default": ""
        },
        "connections_per_address": {
          "description": "Maximum number of connections at a time from one address",
          "type": "integer",
          "minimum": 1,
          "maximum": 1000000,
          "default": 4096
        },
        "trusted_proxies": {
          "description": "Proxies whose X-Forwarded-For and X-Forwarded-Proto headers are trusted",
          "type": "array",
          "items": {"type": "string"},
          "default": []
        },
        "hosts": {
          "description": "Names by which browsers may ask for the server, without ports, besides localhost and the host of public_url; *.example.org is every name below it, * every name. By default: this machine's names, addresses, and names without a dot",
          "type": "array",
          "items": {"type": "string", "minLength": 1},
          "minItems": 1
        },
        "certificate": {
          "description": "PEM file of the certificate with its chain; the server then speaks HTTPS",
          "type": "string",
          "minLength": 1
        },
        "key": {
          "description": "PEM file of the certificate's private key",
          "type": "string",
          "minLength": 1
        },
        "hsts_in_seconds": {
          "description": "How long browsers use only HTTPS for this host after a visit (Strict-Transport-Security); 0: the header is not sent",
          "type": "integer",
          "minimum": 0,
          "maximum": 63072000,
          "default": 0
        },
        "metrics": {
          "description": "Who may read /metrics; loopback: clients on this machine only; all: every client",
          "enum": ["loopback", "all"],
          "default": "loopback"
        },
        "public_url": {
          "description": "Where participants reach the study, such as https://study.example.org; printed links begin with it",
          "type": "string",
          "minLength": 1
        }
      }
    },
    "database": {
      "description": "SQLite file with the record of the study",
      "type": "string",
      "minLength": 1,
      "default": "db.sqlite3"
    },
    "recording": {
      "description": "Which data of a participant is kept",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "bytes": {
          "description": "Every keystroke and every byte of output; without them: commands, checks and events only",
          "type": "boolean",
          "default": true
        },
        "durability": {
          "description": "How much acknowledged input a loss of power may cost; process: some seconds; second: about one; commit: none",
          "enum": ["process", "second", "commit"],
          "default": "second"
        },
        "states": {
          "description": "The files after each command, for tasks about files; changes: what differs from the command before",
          "enum": ["changes", "none"],
          "default": "changes"
        },
        "states_in_mib": {
          "description": "How much content of files the states of one task session may add; of more, only digests are kept",
          "type": "integer",
          "minimum": 1,
          "maximum": 65536,
          "default": 64
        },
        "secrets": {
          "description": "What is typed while a program reads without echo, such as a password; mask: recorded as asterisks; keep: recorded as typed",
          "enum": ["mask", "keep"],
          "default": "mask"
        }
      }
    },
    "workers": {
      "description": "Number of worker processes; only with a channel layer between processes",
      "type": "integer",
      "minimum": 1,
      "maximum": 256,
      "default": 2
    },
    "channel_layer": true,
    "ordering": true,
    "sandbox": true,
    "access_codes": {
      "description": "The secret access code of each participant; required unless entry.open_link lets participants in",
      "type": "array",
      "uniqueItems": true,
      "items": {"type": "string", "minLength": 1, "maxLength": 100},
      "x-secret": true
    },
    "task_duration_in_seconds": {
      "description": "How long a participant has for each task",
      "type": "number",
      "exclusiveMinimum": 0,
      "maximum": 31536000
    },
    "feedback": {"$ref": "#/$defs/feedback"},
    "task_defaults": {"$ref": "#/$defs/task_defaults"},
    "tasks": {
      "description": "In the order in which participants get them",
      "type": "array",
      "items": {"$ref": "#/$defs/task"}
    }
  },
  "$defs": {
    "task": {
      "type": "object",
      "x-expected": "a task type",
      "oneOf": [{"$ref": "#/$defs/stdout_task"}, {"$ref": "#/$defs/file_search_task"}, {"$ref": "#/$defs/filesystem_task"}, {"$ref": "#/$defs/command_task"}]
    },
    "every_task": {
      "properties": {
        "id": {"$ref": "#/$defs/task_id"},
        "title": {"description": "A short name for exports and pages", "type": "string", "minLength": 1, "maxLength": 200},
        "description": {"$ref": "#/$defs/text"},
        "tags": {
          "description": "Kept in the record",
          "type": "array",
          "items": {"type": "string", "minLength": 1, "maxLength": 100},
          "uniqueItems": true
        },
        "metadata": {
          "description": "Kept in the record",
          "type": "object",
          "additionalProperties": {"type": ["string", "number", "boolean"]}
        },
        "initial_filesystem": {"$ref": "#/$defs/directory_tree"},
        "working_directory": {"$ref": "#/$defs/task_working_directory"},
        "duration_in_seconds": {
          "description": "How long a participant has for this task; null: as long as they like; without it, task_duration_in_seconds",
          "type": ["number", "null"],
          "exclusiveMinimum": 0,
          "maximum": 31536000
        },
        "reveal": {
          "description": "When the page gets the description: when the task starts, or before, so that reading takes no time of the task",
          "enum": ["at_start", "before_start"],
          "default": "at_start"
        },
        "feedback": {"$ref": "#/$defs/feedback"},
        "hand_in": {"$ref": "#/$defs/hand_in"},
        "tries": {"$ref": "#/$defs/tries"},
        "give_up": {
          "description": "Whether the participant may give up, and how much of the task's time must have passed",
          "oneOf": [
            {"type": "boolean"},
            {
              "type": "object",
              "required": ["after_in_seconds"],
              "additionalProperties": false,
              "properties": {"after_in_seconds": {"type": "number", "minimum": 0, "maximum": 31536000}}
            }
          ],
          "default": true
        },
        "start_over": {
          "description": "Whether the participant may start over with the initial files",
          "type": "boolean",
          "default": true
        },
        "expected": {"$ref": "#/$defs/text"},
        "solution": {"$ref": "#/$defs/solution"},
        "must_fail": {"$ref": "#/$defs/must_fail"},
        "sandbox": {"$ref": "#/$defs/task_sandbox"}
      }
    },
    "task_defaults": {
      "description": "Keys for all tasks that do not have these keys themselves; members of sandbox and metadata are merged",
      "type": "object",
      "additionalProperties": false,
      "x-expected-name": "a key of tasks other than \"id\", \"title\", \"description\", \"answer\", \"solution\" and \"must_fail\""
    },
    "stdout_task": {
      "description": "Passed when a command prints the answer",
      "type": "object",
      "required": ["type", "description", "answer"],
      "additionalProperties": false,
      "properties": {
        "type": {"const": "stdout"},
        "check_every_in_seconds": {"$ref": "#/$defs/check_every_in_seconds"},
        "root": {"$ref": "#/$defs/root"},
        "answer": {
          "description": "What a command has to print: text; for paths a list of paths; for records a list of objects",
          "oneOf": [
            {"type": "string", "minLength": 1},
            {"type": "array", "minItems": 1, "items": {"oneOf": [{"$ref": "#/$defs/path"}, {"$ref": "#/$defs/record"}]}}
          ]
        },
        "match": {
          "description": "lines: the output has the answer's lines as whole lines in a row; contains: anywhere in the output; exact: it has these lines and no others; unordered: in any order; set: in any order and number; paths: it names these entries in order; records: a line for each record",
          "enum": ["lines", "contains", "exact", "unordered", "set", "paths", "records"],
          "default": "lines"
        },
        "ignore": {
          "description": "For exact, unordered and set: what does not count; without it, blank_lines and outer_space",
          "type": "array",
          "items": {"enum": ["blank_lines", "outer_space", "inner_space", "case", "total_lines"]},
          "uniqueItems": true
        },
        "extra_lines": {
          "description": "For records: whether lines that name an entry may match no record",
          "enum": ["refuse", "allow"],
          "default": "refuse"
        },
        "max_extra_lines": {
          "description": "How many other lines the output may have that contains the answer",
          "type": "integer",
          "minimum": 0,
          "maximum": 999999,
          "default": 100
        }
      }
    },
    "file_search_task": {
      "description": "Passed when a command prints the paths of the answer and no others",
      "type": "object",
      "required": ["type", "description", "answer"],
      "additionalProperties": false,
      "properties": {
        "type": {"const": "file_search"},
        "check_every_in_seconds": {"$ref": "#/$defs/check_every_in_seconds"},
        "root": {"$ref": "#/$defs/root"},
        "answer": {
          "description": "The paths, relative to root, in any order",
          "type": "array",
          "items": {"$ref": "#/$defs/path"},
          "minItems": 1
        },
        "files_may_change": {
          "description": "false: the task is passed only while the names below root are those of the start",
          "type": "boolean",
          "default": false
        }
      }
    },
    "path": {
      "description": "The path of a file or a directory, relative to root",
      "type": "string",
      "pattern": "^[^/\\u0000][^\\u0000]*$",
      "x-expected": "a path without \"/\" at its start"
    },
    "record": {
      "description": "A line of output; it has all parts that are given",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "path": {"$ref": "#/$defs/path"},
        "pattern": {"description": "A regular expression (RE2), found anywhere in the line", "type": "string", "minLength": 1},
        "text": {"description": "Found anywhere in the line", "type": "string", "minLength": 1}
      }
    },
    "root": {
      "description": "What is compared; paths in the answer are relative to it",
      "type": "string",
      "pattern": "^~(/[^\\u0000]*)?$",
      "x-expected": "\"~\" or a path that starts with \"~/\"",
      "default": "~"
    },
    "filesystem_task": {
      "description": "Passed when the home directory equals the answer",
      "type": "object",
      "required": ["type", "description", "answer"],
      "additionalProperties": false,
      "properties": {
        "type": {"const": "filesystem"},
        "check_every_in_seconds": {"$ref": "#/$defs/check_every_in_seconds"},
        "root": {"$ref": "#/$defs/root"},
        "answer": {"$ref": "#/$defs/filesystem_answer"}
      }
    },
    "command_task": {
      "description": "Passed when a program of the researcher says so",
      "type": "object",
      "required": ["type", "description", "check"],
      "additionalProperties": false,
      "properties": {
        "type": {"const": "command"},
        "check": {"$ref": "#/$defs/check"}
      }
    },
    "check": {
      "description": "The checker: a program that runs in a fresh sandbox, on a copy of the home",
      "type": "object",
      "required": ["run"],
      "additionalProperties": false,
      "properties": {
        "run": {
          "description": "The program and its arguments",
          "type": "array",
          "items": {"type": "string", "pattern": "^[^\\u0000]*$", "x-expected": "text without NUL"},
          "minItems": 1,
          "maxItems": 256
        },
        "folder": {
          "description": "Files for the program, which it finds read-only in /check; relative to this file's folder",
          "type": "string",
          "minLength": 1
        },
        "when": {
          "description": "each_command: after each command; hand_in: for a hand-in only; both: after each command and again for a hand-in",
          "enum": ["each_command", "hand_in", "both"],
          "default": "each_command"
        },
        "timeout_in_seconds": {
          "description": "How long the program may run",
          "type": "number",
          "exclusiveMinimum": 0,
          "maximum": 600,
          "default": 10
        }
      }
    },
    "hand_in": {
      "description": "What can pass the task; automatic: the checks while the participant works; button: only a hand-in; both: either",
      "enum": ["automatic", "button", "both"],
      "default": "automatic"
    },
    "tries": {
      "description": "How many hand-ins the participant has; the last one that does not pass ends the task",
      "type": "integer",
      "minimum": 1,
      "maximum": 100,
      "default": 1
    },
    "solution": {
      "description": "Lines to type that solve the task, for `tellina tasks try`",
      "type": "array",
      "items": {"type": "string", "pattern": "^[^\\u0000\\r\\n]*$", "x-expected": "a line without line ends"},
      "minItems": 1
    },
    "must_fail": {
      "description": "Other lines, by name, that must not pass the task",
      "type": "object",
      "x-expected-name": "a name of at most 100 characters",
      "patternProperties": {"^.{1,100}$": {"$ref": "#/$defs/solution"}},
      "additionalProperties": false
    },
    "task_id": {
      "description": "Names the task in the record and elsewhere in this file; without it, \"task-\" and its number",
      "type": "string",
      "pattern": "^[a-z0-9][a-z0-9_-]{0,39}$",
      "x-expected": "at most 40 lower-case letters, digits, \"-\" and \"_\", with a letter or a digit first"
    },
    "text": {
      "description": "Markdown: the text itself, or the name of a file with it, relative to this file's folder",
      "oneOf": [
        {"type": "string", "minLength": 1},
        {
          "type": "object",
          "required": ["file"],
          "additionalProperties": false,
          "properties": {"file": {"type": "string", "minLength": 1}}
        }
      ]
    },
    "directory_tree": {
      "type": "object",
      "oneOf": [{"$ref": "#/$defs/archive"}, {"$ref": "#/$defs/directory"}]
    },
    "directory_entry": {
      "oneOf": [
        {"description": "An empty file; in an answer a file with any content", "type": "null"},
        {"description": "A file with this content", "type": "string"},
        {"$ref": "#/$defs/file"},
        {"$ref": "#/$defs/link"},
        {"$ref": "#/$defs/archive"},
        {"$ref": "#/$defs/attributed_directory"},
        {"$ref": "#/$defs/directory"}
      ]
    },
    "directory": {
      "type": "object",
      "x-expected-name": "a file name (without \"/\" and NUL, not \".\" or \"..\") or one of \"$file\", \"$link\", \"$archive\", \"$directory\"",
      "patternProperties": {"^(?!\\$)(?!\\.{1,2}$)[^/\\u0000]+$": {"$ref": "#/$defs/directory_entry"}},
      "additionalProperties": false
    },
    "file": {
      "type": "object",
      "required": ["$file"],
      "additionalProperties": false,
      "properties": {
        "$file": {
          "description": "A file with attributes; in an answer only those named here are compared",
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "content": {"type": "string"},
            "size": {
              "description": "In bytes, instead of a content; the file is filled with NUL bytes. In an answer also a range",
              "oneOf": [
                {"$ref": "#/$defs/file_size"},
                {
                  "type": "object",
                  "additionalProperties": false,
                  "properties": {"at_least": {"$ref": "#/$defs/file_size"}, "at_most": {"$ref": "#/$defs/file_size"}}
                }
              ]
            },
            "mode": {"$ref": "#/$defs/file_mode"},
            "mtime": {"$ref": "#/$defs/file_time"},
            "owner": {"$ref": "#/$defs/file_owner"}
          }
        }
      }
    },
    "attributed_directory": {
      "type": "object",
      "required": ["$directory"],
      "additionalProperties": false,
      "properties": {
        "$directory": {
          "description": "A directory with attributes; in an answer only those named here are compared",
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "mode": {"$ref": "#/$defs/file_mode"},
            "mtime": {"$ref": "#/$defs/file_time"},
            "owner": {"$ref": "#/$defs/file_owner"},
            "entries": {"$ref": "#/$defs/directory_tree"}
          }
        }
      }
    },
    "file_size": {"type": "integer", "minimum": 0, "maximum": 1099511627776},
    "file_mode": {
      "description": "Permissions as chmod takes them, in octal digits",
      "type": "string",
      "pattern": "^[0-7]{3,4}$",
      "x-expected": "permissions in octal digits such as \"0644\""
    },
    "file_time": {
      "description": "Time of the last change, in UTC; in an initial tree also a time before the start of the sandbox, such as -400d; in an answer also a range",
      "oneOf": [
        {
          "type": "string",
          "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z|-[0-9]{1,10}[dhms])$",
          "x-expected": "a time in UTC such as \"2024-01-31T12:00:00Z\", or one before the start such as \"-400d\""
        },
        {
          "type": "object",
          "additionalProperties": false,
          "properties": {"at_least": {"$ref": "#/$defs/utc_time"}, "at_most": {"$ref": "#/$defs/utc_time"}}
        }
      ]
    },
    "utc_time": {
      "type": "string",
      "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z$",
      "x-expected": "a time in UTC such as \"2024-01-31T12:00:00Z\""
    },
    "file_owner": {
      "description": "me, or in an answer also the number of another user",
      "type": "string",
      "pattern": "^(me|0|[1-9][0-9]{0,9})$",
      "x-expected": "\"me\" or the number of a user"
    },
    "link": {
      "type": "object",
      "required": ["$link"],
      "additionalProperties": false,
      "properties": {"$link": {"description": "Target of a symbolic link", "type": "string", "minLength": 1}}
    },
    "archive": {
      "type": "object",
      "required": ["$archive"],
      "additionalProperties": false,
      "properties": {
        "$archive": {
          "description": "A tar file, relative to this file's folder; in an answer only names, kinds and contents are compared",
          "type": "string",
          "minLength": 1
        },
        "$with": {"$ref": "#/$defs/directory"}
      }
    },
    "filesystem_answer": {
      "type": "object",
      "oneOf": [{"$ref": "#/$defs/changes"}, {"$ref": "#/$defs/archive"}, {"$ref": "#/$defs/directory"}]
    },
    "changes": {
      "type": "object",
      "required": ["$changes"],
      "additionalProperties": false,
      "properties": {
        "$changes": {
          "description": "The initial tree below root, changed like this",
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "remove": {
              "description": "Paths, relative to root",
              "type": "array",
              "items": {"$ref": "#/$defs/path"},
              "minItems": 1,
              "uniqueItems": true
            },
            "add": {"$ref": "#/$defs/directory"},
            "compare": {
              "description": "What is compared of entries that stay; content: names, kinds and contents",
              "enum": ["content", "names"],
              "default": "content"
            }
          }
        }
      }
    },
    "feedback": {
      "description": "What the page shows of checks; none: nothing; passed: that the task is passed; counts: numbers; own: also names or lines that the participant has; goal: also those that are missing",
      "enum": ["none", "passed", "counts", "own", "goal"],
      "default": "counts"
    },
    "check_every_in_seconds": {
      "description": "How often the task is checked while a program runs that may change the result; 0: never",
      "type": "number",
      "minimum": 0,
      "maximum": 31536000,
      "default": 2
    },
    "task_working_directory": {
      "description": "Where the task's shell starts; without it, sandbox.working_directory",
      "type": "string",
      "pattern": "^(~(/[^\\u0000]*)?|/[^\\u0000]*)$",
      "x-expected": "an absolute path or one that starts with \"~\""
    },
    "working_directory": {
      "description": "Where the shell starts",
      "type": "string",
      "pattern": "^(~(/[^\\u0000]*)?|/[^\\u0000]*)$",
      "x-expected": "an absolute path or one that starts with \"~\"",
      "default": "~"
    },
    "pool": {
      "description": "Sandboxes that are started in advance, so that a task begins at once",
      "type": "integer",
      "minimum": 0,
      "maximum": 1000,
      "default": 2
    }
  }
})json";

}  // namespace tellina
