// The only file that compiles Boost.JSON's function bodies.
#include <boost/json/src.hpp>
