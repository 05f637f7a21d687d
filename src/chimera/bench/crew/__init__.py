"""The crew's benchmark: hosting, dispatch and durable work beside bare loops and two well-known task queues."""
