// The peer that chat is measured beside: rooms on gorilla/websocket in the usual way, as small as that can be.
//
// A client has a goroutine that reads, one that writes, and a channel of messages between them; a room's goroutine hands each message, the
// same bytes for all, to the channels of its clients. What waits goes out together in one frame, a message a line. Who falls behind is closed. With
// -redis messages go through its pub/sub, so that a room may span several processes. There is no history, no name, no check.
package main

import (
	"context"
	"flag"
	"log"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/redis/go-redis/v9"
)

const (
	writeWait  = 10 * time.Second
	pongWait   = 60 * time.Second
	pingPeriod = pongWait * 9 / 10
	maxMessage = 16 << 10
	queue      = 256
)

var upgrader = websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024}

type client struct {
	room *room
	conn *websocket.Conn
	send chan []byte
}

type room struct {
	name      string
	clients   map[*client]bool
	broadcast chan []byte
	come, go_ chan *client
}

type hub struct {
	sync.Mutex
	rooms map[string]*room
	redis *redis.Client
}

func (h *hub) open(name string) *room {
	h.Lock()
	defer h.Unlock()
	if r, found := h.rooms[name]; found {
		return r
	}
	r := &room{
		name:      name,
		clients:   map[*client]bool{},
		broadcast: make(chan []byte, queue),
		come:      make(chan *client),
		go_:       make(chan *client),
	}
	h.rooms[name] = r
	go r.run()
	if h.redis != nil {
		// Back only when it is subscribed, so that nobody is in the room before.
		subscription := h.redis.Subscribe(context.Background(), "room:"+name)
		if _, err := subscription.Receive(context.Background()); err != nil {
			log.Print(err)
		}
		go func() {
			for message := range subscription.Channel() {
				r.broadcast <- []byte(message.Payload)
			}
		}()
	}
	return r
}

func (h *hub) say(r *room, message []byte) {
	if h.redis == nil {
		r.broadcast <- message
	} else if err := h.redis.Publish(context.Background(), "room:"+r.name, message).Err(); err != nil {
		log.Print(err)
	}
}

func (r *room) run() {
	for {
		select {
		case c := <-r.come:
			r.clients[c] = true
		case c := <-r.go_:
			r.drop(c)
		case message := <-r.broadcast:
			for c := range r.clients {
				select {
				case c.send <- message:
				default:
					r.drop(c)
				}
			}
		}
	}
}

func (r *room) drop(c *client) {
	if r.clients[c] {
		delete(r.clients, c)
		close(c.send)
	}
}

func (c *client) read(h *hub) {
	defer func() {
		c.room.go_ <- c
		c.conn.Close()
	}()
	c.conn.SetReadLimit(maxMessage)
	c.conn.SetReadDeadline(time.Now().Add(pongWait))
	c.conn.SetPongHandler(func(string) error { return c.conn.SetReadDeadline(time.Now().Add(pongWait)) })
	for {
		_, message, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		h.say(c.room, message)
	}
}

func (c *client) write() {
	ping := time.NewTicker(pingPeriod)
	defer func() {
		ping.Stop()
		c.conn.Close()
	}()
	for {
		select {
		case message, open := <-c.send:
			c.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if !open {
				c.conn.WriteMessage(websocket.CloseMessage, nil)
				return
			}
			frame, err := c.conn.NextWriter(websocket.TextMessage)
			if err != nil {
				return
			}
			frame.Write(message)
			for range len(c.send) {
				message, open := <-c.send
				if !open {
					break
				}
				frame.Write([]byte{'\n'})
				frame.Write(message)
			}
			if frame.Close() != nil {
				return
			}
		case <-ping.C:
			c.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if c.conn.WriteMessage(websocket.PingMessage, nil) != nil {
				return
			}
		}
	}
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8001", "address of GET /ws?room=NAME")
	address := flag.String("redis", "", "address of a Redis whose pub/sub joins several hubs")
	flag.Parse()
	h := &hub{rooms: map[string]*room{}}
	if *address != "" {
		h.redis = redis.NewClient(&redis.Options{Addr: *address})
	}
	http.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Query().Get("room")
		in := h.open(name)
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		c := &client{room: in, conn: conn, send: make(chan []byte, queue)}
		in.come <- c
		go c.write()
		go c.read(h)
	})
	log.Fatal(http.ListenAndServe(*listen, nil))
}
