#include "fuzz/target.hpp"
#include "host/limits.hpp"
#include "unit/study/scanned.hpp"

namespace tellina::fuzz {

/// The output of a shell: marks and text do not depend on where it is cut. The first octets say where.
FUZZ_TARGET(shell_output) {
  Pieces pieces(input);
  const std::size_t step = pieces.octet() % 64 + std::size_t{1};
  const std::uint64_t offset = pieces.octet() == 0xff ? UINT64_MAX / 2 : 0;
  const std::string text(pieces.rest());
  const testing::Scanned whole = testing::scan(text, offset);
  testing::Scanned cut;
  OutputScanner scanner(testing::nonce, offset);
  while (!pieces.empty()) scanner.feed(pieces.take(step), cut);
  FUZZ_EXPECT(cut.events == whole.events);
  FUZZ_EXPECT(scanner.offset() == offset + text.size());
  FUZZ_EXPECT(whole.text.size() <= text.size());
  std::uint64_t last = offset;
  for (const ShellMark& mark : whole.marks) {
    FUZZ_EXPECT(last <= mark.from && mark.from < mark.to && mark.to <= scanner.offset());
    FUZZ_EXPECT(mark.text.size() <= limits::mark && mark.cwd.size() <= limits::mark);
    last = mark.to;
  }
}

}  // namespace tellina::fuzz
