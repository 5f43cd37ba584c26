using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using RigKafka.Apis;

namespace RigKafka.Tests.Apis;

/// <summary>The address of a service whose host is in a variable of the environment.</summary>
internal sealed class ApiTargetTests
{
    [TestCase("JWT_SECRET_KEY")]
    [TestCase("jwt_secret_key")]
    [TestCase("ASPNETCORE_JWT_SECRET_KEY")]
    [TestCase("API_TOKEN")]
    [TestCase("KAFKA_CLIENT_SASL_PASSWORD")]
    [TestCase("OTEL_EXPORTER_OTLP_HEADERS")]
    [TestCase("LOG_LEVEL")]
    public void Address_OfASetting_IsNone(string variable)
    {
        using var environment = new ConfigurationManager();
        environment[variable] = "secret.example";
        Assert.That(new ApiTarget(true, variable, 80, false).Address(environment), Is.Null);
    }

    [TestCase("SHOP_HOST")]
    [TestCase("KAFKA_CLIENT_SERVICE_HOST", Description = "Kubernetes, of a Service kafka-client")]
    [TestCase("OTEL_COLLECTOR_SERVICE_HOST")]
    [TestCase("API_SERVICE_HOST")]
    public void Address_OfAnotherVariable_IsItsHost(string variable)
    {
        using var environment = new ConfigurationManager();
        environment[variable] = "10.0.0.7";
        Assert.That(new ApiTarget(true, variable, 80, false).Address(environment), Is.EqualTo("http://10.0.0.7:80"));
    }

    [TestCase("pass word")]
    [TestCase("pa$$word")]
    [TestCase("p@ssword")]
    [TestCase("pass/word")]
    [TestCase("pass:word")]
    [TestCase("pass?word")]
    [TestCase("pass#word")]
    [TestCase("geheim!")]
    [TestCase("{\"a\":1}")]
    [TestCase("-----BEGIN KEY-----\nabc")]
    [TestCase("ftp://host")]
    [TestCase("http://u:p@host")]
    [TestCase("a..b")]
    public void Address_OfAValueThatIsNoHost_IsNone(string value)
    {
        using var environment = new ConfigurationManager();
        environment["SHOP_HOST"] = value;
        Assert.That(new ApiTarget(true, "SHOP_HOST", 80, false).Address(environment), Is.Null);
    }
}
