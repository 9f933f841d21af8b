#pragma once

/// The parts of bash 5.2 that shell_marks.cpp uses. bash exports its functions and variables to loadable builtins.
/// Names and layouts are bash's own.

#include <cstdio>

extern "C" {

struct SHELL_VAR;
using sh_var_value_func_t = SHELL_VAR*(SHELL_VAR*);

struct SHELL_VAR {
  char* name;
  char* value;
  char* exportstr;
  sh_var_value_func_t* dynamic_value;  ///< what a lookup returns; null: the variable itself
  void* assign_func;
  int attributes;
  int context;
};

struct HASH_TABLE;

struct BUCKET_CONTENTS {
  BUCKET_CONTENTS* next;
  char* key;
  void* data;
  unsigned khash;
  int times_found;
};

struct VAR_CONTEXT {
  char* name;
  int scope;
  int flags;
  VAR_CONTEXT* up;
  VAR_CONTEXT* down;
  HASH_TABLE* table;
};

enum stream_type { st_none, st_stdin, st_stream, st_string, st_bstream };

struct BASH_INPUT {
  stream_type type;
  char* name;
  void* location;
  int (*getter)();
  int (*ungetter)(int);
};

struct DELIMITER_STACK {
  char* delimiters;
  int delimiter_depth;
  int delimiter_space;
};

struct builtin {
  char* name;
  int (*function)(void*);
  int flags;
  char* const* long_doc;
  const char* short_doc;
  char* handle;
};

constexpr int HASH_NOSRCH = 1;

extern const char* const dist_version;
extern BASH_INPUT bash_input;
extern DELIMITER_STACK dstack;
extern VAR_CONTEXT* global_variables;
extern char* ps0_prompt;
extern char** prompt_string_pointer;
extern char* the_current_working_directory;
extern int current_command_line_count;
extern int current_command_number;
extern int executing;
extern int history_expansion;
extern int history_expansion_inhibited;
extern int history_length;
extern int history_quoting_state;
extern int hist_verify;
extern int command_oriented_history;
extern int current_command_first_line_saved;
extern int interactive_shell;
extern int last_command_exit_value;
extern int promptvars;
extern int remember_on_history;
extern int shell_tty;
extern FILE* rl_outstream;
extern int (*rl_pre_input_hook)();
extern void (*rl_prep_term_function)(int);

char* decode_prompt_string(char*);
char* get_string_value(const char*);
int history_expand(char*, char**);
int unbind_variable(const char*);
BUCKET_CONTENTS* hash_insert(char*, HASH_TABLE*, int);
BUCKET_CONTENTS* hash_remove(const char*, HASH_TABLE*, int);
BUCKET_CONTENTS* hash_search(const char*, HASH_TABLE*, int);
}
