# tellina_test_plugin(NAME [CONFIG json] [TIMEOUT seconds])
#
# Adds the test conformance.NAME (label "conformance"): `tellina plugins check` on the plugin that
# tellina_add_plugin(NAME ...) makes, with CONFIG as its settings. Needs the program: the target `tellina` of this tree,
# or tellina::tellina of the package. enable_testing() belongs into the top CMakeLists.txt.
function(tellina_test_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 test "" "CONFIG;TIMEOUT" "")
  if(test_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tellina_test_plugin(${name}): expected CONFIG and TIMEOUT, got ${test_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT TARGET ${name})
    message(FATAL_ERROR "tellina_test_plugin(${name}): expected the target of a plugin, got none of that name")
  endif()
  set(program tellina::tellina)
  if(TARGET tellina)
    set(program tellina)
  elseif(NOT TARGET tellina::tellina)
    message(FATAL_ERROR "tellina_test_plugin(${name}): expected the program, found none: find_package(tellina) first")
  endif()
  if(NOT test_CONFIG)
    set(test_CONFIG "{}")
  endif()
  if(NOT test_TIMEOUT)
    set(test_TIMEOUT 300)
  endif()
  add_test(NAME conformance.${name}
    COMMAND $<TARGET_FILE:${program}> plugins check $<TARGET_FILE:${name}> --config ${test_CONFIG})
  set_tests_properties(conformance.${name} PROPERTIES LABELS conformance TIMEOUT ${test_TIMEOUT})
endfunction()
