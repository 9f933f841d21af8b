#include "host/plugins/guard.hpp"

#include <cxxabi.h>

#include <boost/core/demangle.hpp>
#include <exception>
#include <string>
#include <typeinfo>

namespace tellina {
namespace {

std::string thrown_type() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  return type ? boost::core::demangle(type->name()) : "an object of unknown type";
}

}  // namespace

void rethrow_as_error(std::string_view plugin) {
  const std::string start = std::string(plugin) + ": threw " + thrown_type();
  try {
    throw;
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(ErrorCode::internal, start + ": " + error.what());
  } catch (...) {
    throw Error(ErrorCode::internal, start);
  }
}

}  // namespace tellina
