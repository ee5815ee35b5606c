package shardtest

import "strings"

// node is a node of PostgreSQL's parsed statements, as it writes them
// (pg_node_tree): {NAME :field value :field {NAME …}}.
type node struct {
	name   string
	fields []field
}

// field is what a node says by one name: a word, nodes, or lists of them.
type field struct {
	name  string
	text  string
	nodes []*node
}

// parse reads the nodes of a text.
func parse(text string) []*node {
	p := parser{words: strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ", "{", " { ", "}", " } ").Replace(unescaped(text)))}
	return p.nodes()
}

// unescaped takes away the signs that stand in names and values behind a
// backslash: what they say does not matter here.
func unescaped(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
			b.WriteByte('_')
			continue
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

type parser struct {
	words []string
	at    int
}

func (p *parser) next() string {
	if p.at == len(p.words) {
		return ""
	}
	p.at++
	return p.words[p.at-1]
}

// nodes reads nodes up to the end of the text.
func (p *parser) nodes() []*node {
	var out []*node
	for p.at < len(p.words) {
		if p.next() == "{" {
			out = append(out, p.node())
		}
	}
	return out
}

// node reads from its name to the brace that closes it.
func (p *parser) node() *node {
	n := &node{name: p.next()}
	for {
		switch word := p.next(); {
		case word == "" || word == "}":
			return n
		case word[0] == ':':
			n.fields = append(n.fields, field{name: word[1:]})
		case len(n.fields) == 0:
		case word == "{":
			last := &n.fields[len(n.fields)-1]
			last.nodes = append(last.nodes, p.node())
		default:
			if last := &n.fields[len(n.fields)-1]; last.text == "" {
				last.text = word
			}
		}
	}
}

// text is a field's word.
func (n *node) text(name string) string {
	for _, f := range n.fields {
		if f.name == name {
			return f.text
		}
	}
	return ""
}

// under lists the nodes of a field.
func (n *node) under(name string) []*node {
	for _, f := range n.fields {
		if f.name == name {
			return f.nodes
		}
	}
	return nil
}

// walk visits a node and all below it.
func (n *node) walk(visit func(*node)) {
	visit(n)
	for _, f := range n.fields {
		for _, below := range f.nodes {
			below.walk(visit)
		}
	}
}
