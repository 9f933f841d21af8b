# `make package`: a Debian package of the files that cmake/install.cmake installs, and of packaging/, which makes it a service.

# Only in the package: `cmake --install build --prefix P` changes nothing outside of P.
install(FILES packaging/config.json DESTINATION /etc/tellina COMPONENT service EXCLUDE_FROM_ALL)
install(FILES packaging/tellina.service DESTINATION lib/systemd/system COMPONENT service EXCLUDE_FROM_ALL)
install(FILES LICENSE DESTINATION share/doc/tellina RENAME copyright COMPONENT service EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tellina)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The Tellina maintainers <tellina@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "server for controlled studies of command-line work")
set(CPACK_PACKAGE_DESCRIPTION
  "Participants open a link in a browser and get a bash terminal with a task\nbeside it, in a sandbox of their own. Every byte typed and printed, every\ncommand and every check is recorded in one SQLite file.")
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/package)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_CMAKE_PROJECTS
  "${CMAKE_BINARY_DIR};tellina;ALL;/" "${CMAKE_BINARY_DIR};tellina;service;/")

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# adduser: the user of the service. mmdebstrap: the root file system that participants see.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, mmdebstrap")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bubblewrap, docker.io, python3, redis-server, sqlite3")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${CMAKE_SOURCE_DIR}/packaging/conffiles ${CMAKE_SOURCE_DIR}/packaging/postinst ${CMAKE_SOURCE_DIR}/packaging/prerm
  ${CMAKE_SOURCE_DIR}/packaging/postrm)
include(CPack)
