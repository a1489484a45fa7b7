module countersign/tools/notation

go 1.23.0

require github.com/notaryproject/notation v1.3.2
