#include "plugins/sandbox_exec/exec_backend.hpp"
#include "plugins/sandbox_exec/settings.hpp"

namespace tellina::exec_sandbox {

TELLINA_PLUGIN_WITH_OPTIONS(sandbox, ExecBackend, "exec", "0.1.0", settings_schema, options_schema);

}  // namespace tellina::exec_sandbox
