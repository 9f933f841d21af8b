#include <boost/json.hpp>

#include "fuzz/target.hpp"
#include "host/limits.hpp"
#include "host/study/command_tracker.hpp"
#include "unit/study/scanned.hpp"

namespace tellina::fuzz {
namespace {

void expect_progress(const Progress& progress, std::int64_t answer_lines) {
  FUZZ_EXPECT(progress.matched >= 0 && progress.missing >= 0 && progress.extra >= 0 && progress.incorrect >= 0);
  FUZZ_EXPECT(progress.matched + progress.missing == answer_lines);
  boost::system::error_code error;
  FUZZ_EXPECT(boost::json::parse(progress.detail, error).is_array() && !error);
}

}  // namespace

/// A stdout task: the answer, then what is typed and printed in turn. Pieces end with 0xff; a piece that begins with
/// 0xfe is typed.
FUZZ_TARGET(command_check) {
  Pieces pieces(input);
  const auto match = pieces.octet() % 2 == 0 ? OutputMatch::lines : OutputMatch::contains;
  OutputCheck check(pieces.until('\xff'), match);
  const Progress empty = check.progress();
  const std::int64_t answer_lines = empty.matched + empty.missing;
  bool was_found = false;
  CommandTracker::Callbacks callbacks;
  std::uint64_t output_end = 0;
  std::uint64_t input_end = 0;
  callbacks.judged = [&](const Progress& progress) { expect_progress(progress, answer_lines); };
  callbacks.found = [&] { was_found = true; };
  callbacks.finished = [&](const CommandRecord& command) {
    FUZZ_EXPECT(command.output_from <= command.output_to && command.output_to <= output_end);
    FUZZ_EXPECT(command.text.size() <= limits::mark);
    const auto& span = command.typed_at;
    FUZZ_EXPECT(!span || (span->from <= span->to && span->to <= input_end));
  };
  CommandTracker tracker(testing::nonce, CommandTracker::Start(), &check, callbacks);
  while (!pieces.empty()) {
    BytesView piece = pieces.until('\xff');
    if (piece.starts_with('\xfe')) {
      tracker.typed(piece.substr(1), input_end, Timestamp());
      input_end += piece.size() - 1;
    } else {
      output_end += piece.size();
      tracker.printed(piece, Timestamp());
    }
    expect_progress(check.progress(), answer_lines);
  }
  tracker.verdict_if_passed();
  tracker.shell_ended(Timestamp());
  FUZZ_EXPECT(!tracker.command_runs());
}

}  // namespace tellina::fuzz
