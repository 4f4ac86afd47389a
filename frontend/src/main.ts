import { mount } from "svelte";
import "@fontsource-variable/inter/wght.css";
import "./ui/tokens.css";
import "./ui/base.css";
import App from "./views/App.svelte";

const target = document.getElementById("app");
if (target !== null) mount(App, { target });
