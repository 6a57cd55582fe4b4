"""The broker, embedded or the city's own: how it is started, told who may log in, and watched."""
