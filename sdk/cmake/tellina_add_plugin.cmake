# tellina_add_plugin(NAME SOURCES file... [LIBRARIES target...])
#
# Builds the shared object NAME.so: no "lib" prefix, only the descriptor visible, never unloaded (a plugin's exception or thread
# may outlive its last use), every symbol resolved at link time.
function(tellina_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 plugin "" "" "SOURCES;LIBRARIES")
  if(NOT plugin_SOURCES)
    message(FATAL_ERROR "tellina_add_plugin(${name}): expected SOURCES, got none")
  endif()
  add_library(${name} MODULE ${plugin_SOURCES})
  target_link_libraries(${name} PRIVATE tellina::sdk ${plugin_LIBRARIES})
  set_target_properties(${name} PROPERTIES
    PREFIX "" CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)
  target_link_options(${name} PRIVATE -Wl,-z,nodelete)
  if(NOT TELLINA_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  if(TELLINA_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${TELLINA_PLUGIN_OUTPUT_DIRECTORY})
  endif()
endfunction()
