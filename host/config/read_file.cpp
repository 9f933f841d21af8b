#include "host/config/read_file.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <system_error>

#include "tellina/error.hpp"

namespace tellina {
namespace {

[[noreturn]] void fail(const std::string& name, const std::string& reason) {
  throw Error(ErrorCode::not_found, "cannot read " + name + ": " + reason);
}

}  // namespace

Bytes read_file(const std::string& name, std::size_t limit) {
  struct stat status {};
  if (::stat(name.c_str(), &status) != 0) fail(name, std::generic_category().message(errno));
  if (!S_ISREG(status.st_mode)) fail(name, "it is not a regular file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > limit) fail(name, std::to_string(size) + " bytes are over the limit of " + std::to_string(limit));

  errno = 0;
  std::ifstream stream(name, std::ios::binary);
  if (!stream) fail(name, std::generic_category().message(errno));
  Bytes bytes(size, '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(size));
  if (stream.gcount() != static_cast<std::streamsize>(size)) fail(name, "it changed while it was read");
  return bytes;
}

}  // namespace tellina
