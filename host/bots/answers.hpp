#pragma once

#include <boost/json/object.hpp>

#include "host/study/draws.hpp"
#include "host/study/form.hpp"

namespace tellina::bots {

enum class Correctness : bool {
  random,  ///< a field with a `correct` answer gets any
  right    ///< it gets the correct one
};

/// Random answers that the form accepts. Fields that are not required have none at times; fields that are not shown
/// have none.
boost::json::object random_answers(const Form& form, Draws& draws, Correctness correctness);

}  // namespace tellina::bots
