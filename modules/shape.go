package modules

// Shape says what kind of thing a module is.
type Shape string

// The shapes.
const (
	ShapeState  Shape = "state"  // brings something to a state: a check run says whether it is in it
	ShapeAction Shape = "action" // does something: a check run cannot say whether it is still needed
	ShapeQuery  Shape = "query"  // only looks
)

// ShapeOf returns the shape of a module. One that is made of others says its own with a method Shape.
func ShapeOf(m Module) Shape {
	switch m := m.(type) {
	case interface{ Shape() Shape }:
		return m.Shape()
	case *stateModule:
		return ShapeState
	case *queryModule:
		return ShapeQuery
	default:
		return ShapeAction
	}
}
