#include "plugins/sandbox_exec/exec_backend.hpp"
#include "plugins/sandbox_exec/settings.hpp"

namespace tellina::exec_sandbox {

TELLINA_PLUGIN(sandbox, ExecBackend, "exec", "0.1.0", settings_schema);

}  // namespace tellina::exec_sandbox
