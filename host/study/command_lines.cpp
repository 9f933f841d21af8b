#include "host/study/command_lines.hpp"

#include <string>

#include "host/text/base64.hpp"
#include "host/text/json.hpp"

namespace tellina {

Bytes command_line_of(const CommandRecord& command) {
  JsonObject line;
  line.add("number", command.number).add("text", command.text).add("cwd", command.cwd);
  line.add_json("exit_status", command.exit_status ? std::to_string(*command.exit_status) : "null");
  line.add("output_base64", base64(command.output_without_echo()));
  return line.text() + "\n";
}

}  // namespace tellina
