package queue

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/musterhq/muster/internal/database"
)

// Following is the transaction in which a run ends.
type Following struct {
	q   *Queue
	ctx context.Context
	tx  *sql.Tx
}

// News are what people were told last about a job.
type News struct {
	Kind   string // "" when all is well
	Digest string // of what it was about
	Since  time.Time
}

// Last is what people were told last about a job.
func (f *Following) Last(job string) (n News, err error) {
	var since int64
	err = f.tx.QueryRowContext(f.ctx, f.q.db.Bind("SELECT news, news_digest, news_since FROM serve_jobs WHERE name = ?"), job).Scan(&n.Kind, &n.Digest, &since)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = f.tx.ExecContext(f.ctx, f.q.db.Insert("serve_jobs", "name, handled, news, news_digest, news_since"), job, 0, "", "", 0)
	}
	n.Since = database.Time(since)
	return n, err
}

// Remember notes what people were told about a job.
func (f *Following) Remember(job string, n News) error {
	_, err := f.tx.ExecContext(f.ctx, f.q.db.Bind("UPDATE serve_jobs SET news = ?, news_digest = ?, news_since = ? WHERE name = ?"), n.Kind, n.Digest, database.Micros(n.Since), job)
	return err
}

// Tell puts a message for a notifier into the queue.
func (f *Following) Tell(m Message) error {
	_, err := f.tx.ExecContext(f.ctx, f.q.db.Insert("serve_news", "id, job, run, notifier, body, created, attempts, next, state, error"),
		m.ID, m.Job, m.Run, m.Notifier, m.Body, database.Micros(m.Created), 0, database.Micros(m.Created), "waiting", "")
	return err
}

// Again puts a run into the queue that makes up for the one that ended.
func (f *Following) Again(r Run) error {
	r.State = Waiting
	return f.q.insert(f.ctx, f.tx, r)
}

// Message is something that people have to be told.
type Message struct {
	ID       string
	Job      string
	Run      string
	Notifier string
	Body     string // JSON
	Created  time.Time
	Attempts int
}

// NextMessage gives a daemon a message to deliver; nobody else gets it before again. ok is false when there is none.
func (q *Queue) NextMessage(ctx context.Context, now, again time.Time) (m Message, ok bool, err error) {
	var waiting int
	if err := q.db.SQL().QueryRowContext(ctx, q.db.Bind("SELECT COUNT(*) FROM serve_news WHERE state = 'waiting' AND next <= ?"), database.Micros(now)).Scan(&waiting); err != nil || waiting == 0 {
		return m, false, err
	}
	err = q.db.Write(ctx, func(tx *sql.Tx) error {
		var created int64
		err := tx.QueryRowContext(ctx, q.db.Bind("SELECT id, job, run, notifier, body, created, attempts FROM serve_news WHERE state = 'waiting' AND next <= ? ORDER BY next, id LIMIT 1"),
			database.Micros(now)).Scan(&m.ID, &m.Job, &m.Run, &m.Notifier, &m.Body, &created, &m.Attempts)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		m.Created, ok = database.Time(created), true
		m.Attempts++
		_, err = tx.ExecContext(ctx, q.db.Bind("UPDATE serve_news SET attempts = ?, next = ? WHERE id = ?"), m.Attempts, database.Micros(again), m.ID)
		return err
	})
	return m, ok, err
}

// Delivered ends a message: it arrived, or nobody will try again.
func (q *Queue) Delivered(ctx context.Context, id string, failure error) error {
	state, text := "sent", ""
	if failure != nil {
		state, text = "failed", failure.Error()
	}
	_, err := q.db.SQL().ExecContext(ctx, q.db.Bind("UPDATE serve_news SET state = ?, error = ? WHERE id = ?"), state, text, id)
	return err
}

// Later says when a message is to be tried again.
func (q *Queue) Later(ctx context.Context, id string, at time.Time) error {
	_, err := q.db.SQL().ExecContext(ctx, q.db.Bind("UPDATE serve_news SET next = ? WHERE id = ?"), database.Micros(at), id)
	return err
}

// Undelivered counts the messages that wait to be delivered.
func (q *Queue) Undelivered(ctx context.Context) (n int, err error) {
	err = q.db.SQL().QueryRowContext(ctx, "SELECT COUNT(*) FROM serve_news WHERE state = 'waiting'").Scan(&n)
	return n, err
}
