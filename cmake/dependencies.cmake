# Debian 12's packages. Asio, Beast and JSON are compiled once here, and not in every file that includes them.

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(ZLIB REQUIRED)
find_package(LibArchive REQUIRED)

add_library(tellina_boost STATIC
  ${CMAKE_SOURCE_DIR}/cmake/asio_sources.cpp ${CMAKE_SOURCE_DIR}/cmake/beast_sources.cpp
  ${CMAKE_SOURCE_DIR}/cmake/json_sources.cpp)
target_compile_definitions(tellina_boost PUBLIC
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_SEPARATE_COMPILATION
 BOOST_DLL_USE_STD_FS BOOST_ALL_NO_LIB)
target_include_directories(tellina_boost SYSTEM PUBLIC ${Boost_INCLUDE_DIRS})
target_link_libraries(tellina_boost PUBLIC Threads::Threads tellina_compiler)
target_precompile_headers(tellina_boost PRIVATE
  <boost/asio.hpp> <boost/beast/core.hpp> <boost/beast/http.hpp> <boost/beast/websocket.hpp> <boost/json.hpp>
  <functional> <map> <memory> <optional> <string> <string_view> <unordered_map> <vector>)

# Gives a target that uses Asio, Beast or Boost.JSON the shared precompiled header.
function(tellina_use_boost target)
  target_link_libraries(${target} PUBLIC tellina_boost)
  target_precompile_headers(${target} REUSE_FROM tellina_boost)
endfunction()
