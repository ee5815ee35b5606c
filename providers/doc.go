// Package providers holds the API keys of the AI providers that a product
// calls: one a provider, with its configuration and a switch.
package providers
