# The files that `cmake --install build --prefix P` installs. The folders below the prefix are fixed and do not follow
# GNUInstallDirs, because the program and its plugins find their parts relative to themselves.
#
#   bin/tellina                     the program
#   lib/tellina/plugins/            plugins
#   libexec/tellina/                programs that plugins start, and the shared object that shells load
#   share/tellina/                  the page, shell startup files, the scripts of the root file system, templates
#   include/tellina/, lib/cmake/    the SDK
#   share/doc/tellina/              documentation and license

include(CMakePackageConfigHelpers)

set(package_folder lib/cmake/tellina)
set_target_properties(tellina_sdk PROPERTIES EXPORT_NAME sdk)
install(TARGETS tellina_sdk EXPORT tellinaTargets FILE_SET HEADERS DESTINATION include)
install(TARGETS tellina EXPORT tellinaTargets RUNTIME DESTINATION bin)

# A static library's own dependencies are dependencies of every target that links it.
set(TELLINA_PACKAGE_DEPENDENCIES)
if(TARGET tellina_conformance)
  set_target_properties(tellina_conformance PROPERTIES EXPORT_NAME conformance)
  get_target_property(header_sets tellina_conformance HEADER_SETS)
  if(header_sets)
    install(TARGETS tellina_conformance EXPORT tellinaTargets ARCHIVE DESTINATION lib/tellina
      FILE_SET HEADERS DESTINATION include)
  else()
    install(TARGETS tellina_conformance EXPORT tellinaTargets ARCHIVE DESTINATION lib/tellina INCLUDES DESTINATION include)
    install(DIRECTORY sdk/conformance/include/ DESTINATION include)
  endif()
  get_target_property(conformance_libraries tellina_conformance LINK_LIBRARIES)
  foreach(package GTest Threads)
    if(conformance_libraries MATCHES "${package}::")
      list(APPEND TELLINA_PACKAGE_DEPENDENCIES ${package})
    endif()
  endforeach()
endif()

# Plugins and the page install themselves: see plugins/ and static/. make_rootfs creates a root file system where it is used.
install(DIRECTORY ${CMAKE_BINARY_DIR}/share/tellina/shell DESTINATION share/tellina)
install(DIRECTORY docker_image DESTINATION share/tellina USE_SOURCE_PERMISSIONS)
install(DIRECTORY sdk/template DESTINATION share/tellina)
install(FILES config.schema.json DESTINATION share/tellina)
install(FILES LICENSE README.md ARCHITECTURE.md CONTRIBUTING.md CHANGELOG.md SECURITY.md CITATION.cff config.json
  DESTINATION share/doc/tellina)
# The small plugins, and what they include, to be read.
foreach(example channel_common channel_memory common ordering_common ordering_slight ordering_strict sandbox_process)
  install(DIRECTORY plugins/${example} DESTINATION share/doc/tellina/plugins)
endforeach()
install(FILES sdk/README.md DESTINATION share/doc/tellina/sdk)
install(DIRECTORY docs DESTINATION share/doc/tellina)

# Uses the same rule for versions as the program, which compares tags that contain major and minor.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/tellinaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
file(GLOB function_files RELATIVE ${CMAKE_SOURCE_DIR}/sdk/cmake CONFIGURE_DEPENDS sdk/cmake/*.cmake)
list(JOIN function_files " " TELLINA_FUNCTION_FILES)
list(JOIN TELLINA_PACKAGE_DEPENDENCIES " " TELLINA_PACKAGE_DEPENDENCIES)
set(TELLINA_SHELL_FOLDER share/tellina/shell)
configure_package_config_file(sdk/cmake/tellinaConfig.cmake.in ${CMAKE_BINARY_DIR}/tellinaConfig.cmake
  INSTALL_DESTINATION ${package_folder} PATH_VARS TELLINA_SHELL_FOLDER)
install(FILES ${CMAKE_BINARY_DIR}/tellinaConfig.cmake ${CMAKE_BINARY_DIR}/tellinaConfigVersion.cmake
  DESTINATION ${package_folder})
list(TRANSFORM function_files PREPEND sdk/cmake/)
install(FILES ${function_files} DESTINATION ${package_folder})
install(EXPORT tellinaTargets NAMESPACE tellina:: DESTINATION ${package_folder})
