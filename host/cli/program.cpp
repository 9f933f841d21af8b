#include "host/cli/program.hpp"

#include <exception>

#include "host/cli/default_config.hpp"
#include "tellina/abi_tag.hpp"
#include "tellina/error.hpp"

namespace tellina {
namespace {

int serve_role(ServerRole role, const Arguments& arguments, const RunServer& serve) {
  RunOptions options;
  options.role = role;
  options.config = arguments.config;
  options.address = arguments.address;
  options.port = arguments.port;
  options.plugin_folders = arguments.plugin_folders;
  options.test_mode = arguments.test_mode;
  options.number = arguments.number;
  options.bots_database = arguments.bots_database;
  options.log = arguments.log;
  return serve(options);
}

int dispatch(const Arguments& arguments, const Runners& runners, CommandContext& context) {
  switch (arguments.command) {
    case CommandName::run:
      if (arguments.prepare) sandbox_prepare(arguments, context);
      return serve_role(ServerRole::all, arguments, runners.server);
    case CommandName::gateway:
      check_role(arguments, context);
      return serve_role(ServerRole::gateway, arguments, runners.server);
    case CommandName::worker:
      check_role(arguments, context);
      return serve_role(ServerRole::worker, arguments, runners.server);
    case CommandName::config_check:
      return config_check(arguments, context);
    case CommandName::config_schema:
      return config_schema(arguments, context);
    case CommandName::config_convert:
      return config_convert(arguments, context);
    case CommandName::plugins_check:
      return plugins_check(arguments, context);
    case CommandName::plugins_list:
      return plugins_list(arguments, context);
    case CommandName::plugins_new:
      return plugins_new(arguments, context);
    case CommandName::plugins_show:
      return plugins_show(arguments, context);
    case CommandName::participants_list:
      return participants_list(arguments, context);
    case CommandName::participants_link:
      return participants_link(arguments, context);
    case CommandName::participants_code:
      return participants_code(arguments, context);
    case CommandName::participants_links:
      return participants_links(arguments, context);
    case CommandName::participants_add:
      return participants_add(arguments, context);
    case CommandName::participants_reset:
      return participants_reset(arguments, context);
    case CommandName::sandbox_prepare:
      return sandbox_prepare(arguments, context);
    case CommandName::rescore:
      return rescore(arguments, context);
    case CommandName::tasks_try:
      return tasks_try(arguments, context);
    case CommandName::plan:
      return plan(arguments, context);
    case CommandName::bots:
      return send_bots(arguments, context);
    case CommandName::bench:
      return runners.bench(arguments.bench, context.out, context.err);
    case CommandName::version:
      return print_version(context);
  }
  return 2;
}

}  // namespace

int print_version(CommandContext& context) {
  context.out << "tellina " TELLINA_VERSION " (SDK " TELLINA_SDK_ABI_TAG ")\n";
  return 0;
}

int run_program(const std::vector<std::string>& words, const Runners& runners, CommandContext& context) {
  try {
    Arguments arguments = parse_arguments(words);
    if (arguments.help) {
      context.out << *arguments.help;
      return 0;
    }
    choose_config(arguments);
    return dispatch(arguments, runners, context);
  } catch (const UsageError& error) {
    context.err << "tellina: " << error.what() << "\nTry `tellina --help`.\n";
    return 2;
  } catch (const Error& error) {
    context.err << error.what() << '\n';
    if (!error.hint().empty()) context.err << error.hint() << '\n';
    return error.code() == ErrorCode::bad_config ? 2 : 1;
  } catch (const std::exception& error) {
    context.err << "tellina: " << error.what() << '\n';
    return 1;
  }
}

}  // namespace tellina
