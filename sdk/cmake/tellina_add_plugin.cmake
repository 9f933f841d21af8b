# tellina_add_plugin(NAME SOURCES file... [LIBRARIES target...] [PROGRAMS target...])
#
# Builds the shared object NAME.so: no "lib" prefix, only the descriptor visible, never unloaded (a plugin's exception or thread
# may outlive its last use), every symbol resolved at link time.
#
# PROGRAMS are executables that the plugin starts: they are built before it, into the same folder, where file_beside_plugin() of
# tellina/plugin_files.hpp finds them.
#
# Outside tellina's own sources, `cmake --install` installs the plugin and its programs into tellina_PLUGIN_FOLDER, which is
# lib/tellina/plugins below the prefix unless the project sets it.
function(tellina_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 plugin "" "" "SOURCES;LIBRARIES;PROGRAMS")
  if(plugin_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR
      "tellina_add_plugin(${name}): expected SOURCES, LIBRARIES and PROGRAMS, got ${plugin_UNPARSED_ARGUMENTS}")
  endif()
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
  set(folder ${CMAKE_CURRENT_BINARY_DIR})
  if(TELLINA_PLUGIN_OUTPUT_DIRECTORY)
    set(folder ${TELLINA_PLUGIN_OUTPUT_DIRECTORY})
  elseif(CMAKE_LIBRARY_OUTPUT_DIRECTORY)
    set(folder ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
  endif()
  set_target_properties(${name} ${plugin_PROGRAMS} PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY ${folder} RUNTIME_OUTPUT_DIRECTORY ${folder})
  if(plugin_PROGRAMS)
    add_dependencies(${name} ${plugin_PROGRAMS})
  endif()
  if(tellina_PLUGIN_FOLDER)
    install(TARGETS ${name} ${plugin_PROGRAMS}
      LIBRARY DESTINATION ${tellina_PLUGIN_FOLDER} RUNTIME DESTINATION ${tellina_PLUGIN_FOLDER})
  endif()
endfunction()
