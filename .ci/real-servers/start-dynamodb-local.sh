#!/usr/bin/env bash
# Fetches DynamoDB Local from Maven Central (once) and starts it in memory on a free port of 127.0.0.1; prints the
# endpoint. Needs Java 17 or later, and Maven for the first run. It takes any credentials and checks no permission.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
version=2.6.1
jars=$home/bin/dynamodb-local-$version

if [ ! -d "$jars" ]; then
  build=$(mktemp -d)
  cat >"$build/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>statebag</groupId>
  <artifactId>dynamodb-local</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.amazonaws</groupId>
      <artifactId>DynamoDBLocal</artifactId>
      <version>$version</version>
    </dependency>
  </dependencies>
</project>
POM
  mvn --batch-mode --quiet --file "$build/pom.xml" dependency:copy-dependencies \
    -DoutputDirectory="$build/jars" -DincludeScope=runtime >&2
  mv "$build/jars" "$jars"
  rm -rf "$build"
fi

port=$(free_port)
launch dynamodb-local "http://127.0.0.1:$port" \
  java -Xmx1500m -DDDB_LOCAL_TELEMETRY=0 "-Djava.library.path=$jars" -cp "$jars/*" \
  com.amazonaws.services.dynamodbv2.local.main.ServerRunner -inMemory -disableTelemetry -port "$port"
