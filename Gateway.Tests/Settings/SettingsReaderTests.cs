using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using RigKafka.Settings;

namespace RigKafka.Tests.Settings;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SettingsReaderTests : IDisposable
{
    private readonly ConfigurationManager _environment = new();

    public void Dispose() => _environment.Dispose();

    [Test]
    public void Read_NothingSet_KeepsTheDefaults()
    {
        var (options, settings) = Read();

        Assert.That(settings.Mistakes, Is.Empty);
        Assert.That((options.Flag, options.Number, options.Text, options.Choice), Is.EqualTo((true, 7, "text", "red")));
        Assert.That(options.List, Is.EqualTo(["a", "b"]));
        Assert.That(options.Client, Is.Empty);
    }

    [TestCase("true", true)]
    [TestCase("TRUE", true)]
    [TestCase("1", true)]
    [TestCase("Yes", true)]
    [TestCase(" yes ", true)]
    [TestCase("false", false)]
    [TestCase("False", false)]
    [TestCase("0", false)]
    [TestCase("nO", false)]
    public void Read_Boolean_IsWordOrDigit(string text, bool value)
    {
        _environment["T_FLAG"] = text;
        var (options, settings) = Read();

        Assert.That(settings.Mistakes, Is.Empty);
        Assert.That(options.Flag, Is.EqualTo(value));
    }

    [TestCase("")]
    [TestCase("on")]
    [TestCase("2")]
    [TestCase("truee")]
    public void Read_OtherBoolean_IsAMistake(string text)
    {
        _environment["T_FLAG"] = text;
        Assert.That(Read().Settings.Mistakes, Is.EqualTo([$"T_FLAG={text}: expected true, 1, yes, false, 0 or no."]));
    }

    [TestCase("1", 1)]
    [TestCase("100", 100)]
    [TestCase(" 42 ", 42)]
    public void Read_NumberWithinItsRange_IsTaken(string text, int value)
    {
        _environment["T_NUMBER"] = text;
        var (options, settings) = Read();

        Assert.That(settings.Mistakes, Is.Empty);
        Assert.That(options.Number, Is.EqualTo(value));
    }

    [TestCase("")]
    [TestCase("0")]
    [TestCase("101")]
    [TestCase("-1")]
    [TestCase("1.5")]
    [TestCase("1e1")]
    [TestCase("1,000")]
    [TestCase("0x10")]
    [TestCase("10 s")]
    [TestCase("99999999999999999999")]
    public void Read_OtherNumber_IsAMistakeAndKeepsTheDefault(string text)
    {
        _environment["T_NUMBER"] = text;
        var (options, settings) = Read();

        Assert.That(settings.Mistakes, Is.EqualTo([$"T_NUMBER={text}: expected an integer from 1 to 100."]));
        Assert.That(options.Number, Is.EqualTo(7));
    }

    [TestCase("", new string[0])]
    [TestCase(" , ,", new string[0])]
    [TestCase("x", new[] { "x" })]
    [TestCase(" x , y,,z ", new[] { "x", "y", "z" })]
    public void Read_List_HasNoEmptyElements(string text, string[] value)
    {
        _environment["T_LIST"] = text;
        Assert.That(Read().Options.List, Is.EqualTo(value));
    }

    [Test]
    public void Read_Choice_IsOneOfTheNamed()
    {
        _environment["T_CHOICE"] = "green";
        Assert.That(Read().Options.Choice, Is.EqualTo("green"));

        _environment["T_CHOICE"] = "blue";
        Assert.That(Read().Settings.Mistakes, Is.EqualTo(["T_CHOICE=blue: expected one of red, green."]));
    }

    [Test]
    public void Read_Secret_IsTakenAsItIsWritten()
    {
        _environment["T_SECRET"] = " sesame ";
        Assert.That(Read().Options.Secret, Is.EqualTo(" sesame "));
    }

    [Test]
    public void Read_Dictionary_TakesEveryNameWithItsPrefix()
    {
        _environment["T_CLIENT_SASL_PASSWORD"] = "sesame";
        _environment["T_CLIENTS"] = "another";
        var (options, settings) = Read();

        Assert.That(options.Client, Is.EqualTo(new Dictionary<string, string> { ["T_CLIENT_SASL_PASSWORD"] = "sesame" }));
        Assert.That(Of(settings, "T_CLIENT_<NAME>").Value, Is.EqualTo("T_CLIENT_SASL_PASSWORD=(hidden)"));
    }

    [Test]
    public void Read_ManyMistakes_AreAllFoundAndOnOneLineEach()
    {
        _environment["T_FLAG"] = "maybe";
        _environment["T_NUMBER"] = "many\nlines";
        _environment["T_PIN"] = "1234x";
        _environment["T_TEXT"] = "forbidden";
        var (_, settings) = Read();
        settings.Refuse("Seen by a feature.");

        Assert.That(settings.Mistakes, Is.EqualTo([
            "T_FLAG=maybe: expected true, 1, yes, false, 0 or no.",
            "T_NUMBER=many lines: expected an integer from 1 to 100.",
            "T_PIN=(hidden): expected an integer.",
            "T_TEXT=forbidden: expected another text.",
            "Seen by a feature.",
        ]));
    }

    [Test]
    public void Settings_Secrets_AreHidden()
    {
        _environment["T_SECRET"] = "sesame";
        _environment["T_PIN"] = "1234";
        var (options, settings) = Read();

        Assert.That((options.Secret, options.Pin), Is.EqualTo(("sesame", 1234)));
        Assert.That(string.Join('\n', settings.Settings), Does.Not.Contain("sesame").And.Not.Contain("1234"));
    }

    [TestCase("https://user:se/s@me@issuer.example/keys", "https://(hidden)@issuer.example/keys")]
    [TestCase("https://sesame@issuer.example", "https://(hidden)@issuer.example")]
    [TestCase("https://issuer.example/keys?code=sesame&x=1", "https://issuer.example/keys?(hidden)")]
    [TestCase("user:sesame@collector:4317", "(hidden)@collector:4317")]
    [TestCase("""[{"add_headers":{"authorization":"sesame"}}]""", "(hidden)")]
    [TestCase("""[ {'key':'sesame'} ]""", "(hidden)")]
    [TestCase("""{"key":"sesame"}""", "(hidden)")]
    [TestCase("definitions/apis.json", "definitions/apis.json")]
    [TestCase("http://collector:4317", "http://collector:4317")]
    [TestCase("client@REALM", "client@REALM")]
    [TestCase("[::1]:9092", "[::1]:9092")]
    public void Settings_ShowNoPasswordOfAUrl_AndNoJson(string value, string shown)
    {
        _environment["T_TEXT"] = value;
        var (options, settings) = Read();
        Assert.That(options.Text, Is.EqualTo(value));
        Assert.That(Of(settings, "T_TEXT").Value, Is.EqualTo(shown));

        _environment["T_CHOICE"] = value;
        settings = Read().Settings;
        settings.Refuse($"T_FEATURE={value}: expected something else.");
        Assert.That(settings.Mistakes[0], Is.EqualTo($"T_CHOICE={shown}: expected one of red, green."));
        Assert.That(settings.Mistakes[1], value.Contains('@', StringComparison.Ordinal) || value.Contains("://", StringComparison.Ordinal) ? Is.EqualTo($"T_FEATURE={shown}: expected something else.") : Is.Not.Empty);
    }

    [TestCase("T_CLIENT_PORT", "tcp://10.0.0.1:9092")]
    [TestCase("T_CLIENT_PORT", "udp://[fd00::1]:9092")]
    [TestCase("T_CLIENT_SERVICE_HOST", "10.0.0.1")]
    [TestCase("T_CLIENT_SERVICE_PORT", "9092")]
    [TestCase("T_CLIENT_SERVICE_PORT_BROKER", "9092")]
    [TestCase("T_CLIENT_PORT_9092_TCP", "tcp://10.0.0.1:9092")]
    [TestCase("T_CLIENT_PORT_9092_TCP_PROTO", "tcp")]
    [TestCase("T_CLIENT_PORT_9092_TCP_PORT", "9092")]
    [TestCase("T_CLIENT_PORT_9092_SCTP_ADDR", "10.0.0.1")]
    public void Read_WhatKubernetesSaysOfAService_IsPassedOver(string name, string value)
    {
        _environment[name] = value;
        var (options, settings) = Read();
        Assert.That(settings.Mistakes, Is.Empty);
        Assert.That(options.Client, Is.Empty);
        Assert.That(settings.PassedOver, Is.EqualTo([name]));
    }

    [TestCase("tcp://10.0.0.1:80", 10)]
    [TestCase("20", 20)]
    public void Read_PortOfAServiceThatIsCalledLikeASetting_IsPassedOver(string value, int port)
    {
        _environment["T_PORT"] = value;
        var (options, settings) = Read();
        Assert.That(settings.Mistakes, Is.Empty);
        Assert.That(options.Port, Is.EqualTo(port));
        Assert.That(settings.PassedOver, port == 10 ? Is.EqualTo(["T_PORT"]) : Is.Empty);
    }

    [TestCase("sesame\n", "sesame")]
    [TestCase("sesame\r\n", "sesame")]
    [TestCase(" sesame \n\n", " sesame ")]
    public void Read_LineBreakAtTheEndOfASecret_IsTakenOff_AndNoted(string text, string value)
    {
        (_environment["T_SECRET"], _environment["T_KEY"]) = (text, text);
        var (options, settings) = Read();
        Assert.That((options.Secret, options.Key), Is.EqualTo((value, text)));
        Assert.That(settings.LineBreaks, Is.EqualTo(["T_SECRET", "T_KEY"]));
    }

    [TestCase("sesame")]
    [TestCase("-----BEGIN KEY-----\nabc\n")]
    [TestCase("\n")]
    [TestCase("")]
    public void Read_OtherSecret_StaysAsItIs(string text)
    {
        _environment["T_SECRET"] = text;
        var (options, settings) = Read();
        Assert.That(options.Secret, Is.EqualTo(text));
        Assert.That(settings.LineBreaks, Is.Empty);
    }

    [Test]
    public void Settings_Each_SaysWhatIsAllowedAndWhatItDoes()
    {
        _environment["T_NUMBER"] = "8";
        _environment["T_LIST"] = "x, y";
        var settings = Read().Settings;

        Assert.That(Of(settings, "T_NUMBER"), Is.EqualTo(new Setting("T_NUMBER", "Settings", "an integer from 1 to 100", "7", "8", "How many.")));
        Assert.That(Of(settings, "T_LIST"), Is.EqualTo(new Setting("T_LIST", "Settings", "a list, separated by commas", "a,b", "x,y", "")));
        Assert.That(Of(settings, "T_FLAG").Default, Is.EqualTo("true"));
        Assert.That(Of(settings, "T_SECRET").Value, Is.Empty);
    }

    private (SampleOptions Options, SettingsReader Settings) Read()
    {
        var settings = new SettingsReader(_environment);
        return (settings.Read<SampleOptions>(), settings);
    }

    private static Setting Of(SettingsReader settings, string name) => settings.Settings.Single(setting => setting.Name == name);
}
