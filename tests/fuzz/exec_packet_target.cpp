#include "fuzz/target.hpp"
#include "host/config/json_reader.hpp"
#include "plugins/sandbox_exec/packets.hpp"
#include "plugins/sandbox_exec/shell_end.hpp"
#include "tellina/error.hpp"

namespace tellina::fuzz {

/// What a program of the sandbox `exec` answers: the fields that the plugin reads, or an error of the program, or a
/// problem.
FUZZ_TARGET(exec_packet) {
  static const Config settings = read_json(R"({"disk": {"sizes": [1, "x"]}, "processes": 4})", "study.json");
  if (const auto status = exec_sandbox::parse_exit_status(std::string(input.substr(0, 64)))) {
    FUZZ_EXPECT(status->status >= 0 && status->status <= 255);
  }
  std::string problem;
  const std::optional<exec_sandbox::Answer> answer = exec_sandbox::parse_answer(input, problem);
  FUZZ_EXPECT(answer.has_value() == problem.empty());
  if (!answer) return;
  FUZZ_EXPECT(answer->id > 0 && answer->id <= exec_sandbox::largest_id);
  for (const char* key : {"usable", "removed", "reason"}) {
    try {
      answer->flag(key, false, "fuzz");
      answer->count(key, "fuzz");
      answer->text(key, "fuzz");
    } catch (const Error& error) {
      FUZZ_EXPECT(error.code() == ErrorCode::internal);
    }
  }
  if (!answer->is_error) return;
  try {
    answer->throw_error("fuzz", settings);
  } catch (const Error& error) {
    FUZZ_EXPECT(error.what()[0] != '\0');
  }
}

}  // namespace tellina::fuzz
