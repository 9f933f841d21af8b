// The only file that compiles Beast's function bodies.
#include <boost/beast/src.hpp>
