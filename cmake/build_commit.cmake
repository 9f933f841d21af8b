# Writes the C++ file OUTPUT with the function build_commit(), unless it has the right content already. Run by each build:
# cmake -DSOURCE=... -DOUTPUT=... -P build_commit.cmake
execute_process(COMMAND git -C ${SOURCE} describe --always --exclude * --abbrev=40 --dirty=+
  OUTPUT_VARIABLE commit ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
if(failed)
  set(commit "")
endif()
set(text "#include \"host/server/build_commit.hpp\"\n\nconst char* tellina::build_commit() { return \"${commit}\"; }\n")
set(known "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} known)
endif()
if(NOT known STREQUAL text)
  file(WRITE ${OUTPUT} "${text}")
endif()
