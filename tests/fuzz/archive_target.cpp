#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/target.hpp"
#include "host/config/archive_reader.hpp"
#include "tellina/descriptor.hpp"
#include "tellina/error.hpp"

namespace tellina::fuzz {
namespace {

std::size_t check_names(const FileNode& node) {
  std::size_t entries = 1;
  for (const auto& [name, child] : node.children) {
    FUZZ_EXPECT(!name.empty() && name != "." && name != ".." && name.find('/') == Bytes::npos);
    entries += check_names(child);
  }
  return entries;
}

}  // namespace

/// A tar file, compressed or not: a directory with the names that a home may have, or an error.
FUZZ_TARGET(archive) {
  static const Descriptor file(memfd_create("archive", MFD_CLOEXEC));
  static const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  FUZZ_EXPECT(ftruncate(file.get(), 0) == 0);
  FUZZ_EXPECT(pwrite(file.get(), input.data(), input.size(), 0) == static_cast<ssize_t>(input.size()));
  constexpr std::size_t max_entries = 1000;
  constexpr std::uint64_t max_bytes = 1024 * 1024;
  try {
    check_names(tellina::read_archive(path, max_entries, max_bytes).root);
  } catch (const Error& error) {
    FUZZ_EXPECT(error.code() == ErrorCode::bad_config);
  }
}

}  // namespace tellina::fuzz
