// The one file that compiles the bodies of Boost.JSON.
#include <boost/json/src.hpp>
