#include <sys/mman.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "fuzz/target.hpp"
#include "host/study/snapshot_limits.hpp"
#include "host/study/tree_compare.hpp"
#include "plugins/sandbox_common/tree_codec.hpp"
#include "tellina/error.hpp"

namespace tellina::fuzz {
namespace {

/// Returns nothing if the records are malformed.
std::optional<FileTree> decode(BytesView records) {
  static const Descriptor file = sandbox_common::make_memory_file("records");
  FUZZ_EXPECT(ftruncate(file.get(), 0) == 0);
  FUZZ_EXPECT(pwrite(file.get(), records.data(), records.size(), 0) == static_cast<ssize_t>(records.size()));
  try {
    return sandbox_common::decode_tree(file.get());
  } catch (const Error& error) {
    FUZZ_EXPECT(error.code() == ErrorCode::internal);
    return std::nullopt;
  }
}

}  // namespace

/// The records of a home that a sandbox sends, and the check of them. The first octets say how many records are the
/// answer; the rest are the home.
FUZZ_TARGET(home_tree) {
  Pieces pieces(input);
  const BytesView first = pieces.take(pieces.number(2));
  const std::optional<FileTree> answer = decode(first);
  const std::optional<FileTree> home = decode(pieces.rest());
  if (answer) {
    try {
      const Descriptor encoded = sandbox_common::encode_tree(*answer);
      sandbox_common::decode_tree(encoded.get());
    } catch (const Error& error) {
      FUZZ_EXPECT(error.code() == ErrorCode::seed_failed);
    }
    snapshot_request_for(*answer);
    FUZZ_EXPECT(compare_trees(*answer, *answer, *answer).missing == 0);
  }
  if (!answer || !home) return;
  const Progress progress = compare_trees(FileTree(), *answer, *home);
  FUZZ_EXPECT(progress.matched >= 0 && progress.missing >= 0 && progress.extra >= 0 && progress.incorrect >= 0);
  boost::system::error_code error;
  FUZZ_EXPECT(boost::json::parse(progress.detail, error).is_array() && !error);
}

}  // namespace tellina::fuzz
