package web

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/musterhq/muster/internal/drift"
)

// trendDays are how far back the fleet's chart may look; the second is the usual one.
var trendDays = []int{1, 7, 30}

// moments is how many columns the fleet's chart has.
const moments = 56

// overTime is how the fleet fared in the last days: as many as the request says, which days is told.
func (s *Server) overTime(r *http.Request, days *int) ([]drift.Moment, error) {
	*days = trendDays[1]
	if text := r.FormValue("days"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || !slices.Contains(trendDays, n) {
			return nil, badRequest("days must be 1, 7 or 30")
		}
		*days = n
	}
	to := s.d.Now().Add(time.Second)
	return s.d.Reports().OverTime(r.Context(), to.AddDate(0, 0, -*days), to, moments)
}

func (s *Server) apiFleetTrend(w http.ResponseWriter, r *http.Request) error {
	var days int
	m, err := s.overTime(r, &days)
	return answer(w, m, err)
}
