module changeover.dev/lab/shopd

go 1.26.0
